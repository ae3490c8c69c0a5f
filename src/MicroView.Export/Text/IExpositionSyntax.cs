using System.Buffers;

namespace MicroView.Export;

/// <summary>How a text format says the parts of a document that values do not change. Called at layout time only.</summary>
internal interface IExpositionSyntax
{
    /// <summary>What stands behind the last family.</summary>
    ReadOnlySpan<byte> Ending { get; }

    /// <summary>A new layout: the families of which the next calls ask.</summary>
    void Begin(FamilyStream stream);

    /// <summary>What stands once before a family's samples.</summary>
    void Header(Family family, ArrayBufferWriter<byte> output);

    /// <summary>A sample up to its value, for line <paramref name="line"/> of the series.</summary>
    void Lead(Family family, Series series, int line, ArrayBufferWriter<byte> output);

    /// <summary>What follows that sample's line, and comes and goes with it: whole lines, or nothing.</summary>
    void Tail(Family family, Series series, ArrayBufferWriter<byte> output);
}
