using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MicroView.Lab;

/// <summary>A trace, by its root span.</summary>
/// <param name="Id">Its id.</param>
/// <param name="StartNs">Start, nanoseconds since 1970.</param>
/// <param name="EndNs">End; not before the start.</param>
/// <param name="Errors">Calls in it that failed.</param>
/// <param name="Operation">What it does.</param>
/// <param name="Services">Services that took part; empty if unknown.</param>
internal sealed record Trace(string Id, long StartNs, long EndNs, int Errors, string Operation, IReadOnlyList<string> Services)
{
    /// <summary>Whether its source says that nothing was wrong at its time: as good as the training period.</summary>
    public bool IsFaultFree { get; init; }

    /// <summary>Whether the deployed sampler said that it keeps the trace, by the control word it read at the root span; null where nobody asked it.</summary>
    public bool? ControlWord { get; init; }

    public double Milliseconds => (EndNs - StartNs) / 1e6;

    /// <summary>
    /// The head-sampling probability from which on the trace is kept, 0..1: the same for the same id, so that a sample of 10 % holds that of 5 %.
    /// </summary>
    public double HeadProbability
    {
        get
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(Id), hash);
            return (BinaryPrimitives.ReadUInt64LittleEndian(hash) >> 11) / (double)(1L << 53);
        }
    }
}
