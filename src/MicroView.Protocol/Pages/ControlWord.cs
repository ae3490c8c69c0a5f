namespace MicroView.Protocol;

/// <summary>
/// The word through which the agent or a collector tells a pod its trace sampling rate: rate in bits 0–31, the writer's term in
/// 32–47, a sequence in 48–63 (docs/page-format.md, "The control word").
/// </summary>
public readonly record struct ControlWord(ulong Bits)
{
    /// <summary>Builds a word.</summary>
    /// <param name="rate">Sampling probability, clamped to 0…1; NaN counts as 0.</param>
    /// <param name="term">The writer's term; 0 is the agent.</param>
    /// <param name="sequence">Moves at each rewrite.</param>
    public static ControlWord Create(double rate, ushort term, ushort sequence)
    {
        var clamped = rate >= 0 ? Math.Min(rate, 1) : 0;
        return new((uint)Math.Round(clamped * uint.MaxValue) | (ulong)term << 32 | (ulong)sequence << 48);
    }

    /// <summary>Sampling probability, 0…1. Multiplied: a division is most of what a sampler's look at the word would cost. The ends are exact.</summary>
    public double Rate => (uint)Bits * (1 / (double)uint.MaxValue);

    /// <summary>The writer's term.</summary>
    public ushort Term => (ushort)(Bits >> 32);

    /// <summary>The writer's sequence.</summary>
    public ushort Sequence => (ushort)(Bits >> 48);
}
