using System.Buffers;
using System.Text;

namespace MicroView.Export;

/// <summary>Prometheus text 0.0.4.</summary>
internal sealed class PrometheusSyntax : IExpositionSyntax
{
    public ReadOnlySpan<byte> Ending => [];

    public void Begin(FamilyStream stream)
    {
    }

    public void Header(Family family, ArrayBufferWriter<byte> output)
    {
        if (family.ShownHelp is { Length: > 0 } help)
        {
            var text = new StringBuilder();
            LabelText.Escape(help, text, quotes: false);
            Encoding.UTF8.GetBytes($"# HELP {family.Name} {text}\n", output);
        }
        Encoding.UTF8.GetBytes($"# TYPE {family.Name} {FamilyStream.TypeWord(family.Type)}\n", output);
    }

    public void Lead(Family family, Series series, int line, ArrayBufferWriter<byte> output) => SampleLead.Write(family, series, line, output);

    public void Tail(Family family, Series series, ArrayBufferWriter<byte> output)
    {
    }
}
