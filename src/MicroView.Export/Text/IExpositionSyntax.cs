using System.Buffers;

namespace MicroView.Export;

/// <summary>How a text format says the parts of a document that values do not change. Called at layout time only.</summary>
internal interface IExpositionSyntax
{
    /// <summary>What stands once before a family's samples.</summary>
    void Header(Family family, ArrayBufferWriter<byte> output);

    /// <summary>A sample up to its value, for line <paramref name="line"/> of the series.</summary>
    void Lead(Family family, Series series, int line, ArrayBufferWriter<byte> output);
}
