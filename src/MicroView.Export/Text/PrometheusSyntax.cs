using System.Buffers;
using System.Text;

namespace MicroView.Export;

/// <summary>Prometheus text 0.0.4.</summary>
internal sealed class PrometheusSyntax : IExpositionSyntax
{
    public void Header(Family family, ArrayBufferWriter<byte> output)
    {
        if (family.Help.Length > 0)
        {
            var help = family.Help.Length <= ExpositionLimits.HelpLength ? family.Help : family.Help[..ExpositionLimits.HelpLength] + "…";
            var text = new StringBuilder();
            LabelText.Escape(help, text, quotes: false);
            Encoding.UTF8.GetBytes($"# HELP {family.Name} {text}\n", output);
        }
        Encoding.UTF8.GetBytes($"# TYPE {family.Name} {FamilyStream.TypeWord(family.Type)}\n", output);
    }

    public void Lead(Family family, Series series, int line, ArrayBufferWriter<byte> output)
    {
        Put(family.Name, output);
        if (!series.IsHistogram)
        {
            PutLabels(series.Labels, output);
            return;
        }
        if (line <= series.Bounds.Length)
        {
            Put("_bucket{", output);
            Put(series.Labels, output);
            Put(series.Labels.Length > 0 ? ",le=\"" : "le=\"", output);
            var bound = line < series.Bounds.Length ? series.Bounds[line] : double.PositiveInfinity;
            output.Advance(ValueText.Format(bound, output.GetSpan(ValueText.MaxLength)));
            Put("\"} ", output);
            return;
        }
        Put(line == series.LineCount - 1 ? "_count" : "_sum", output);
        PutLabels(series.Labels, output);
    }

    private static void PutLabels(string labels, ArrayBufferWriter<byte> output)
    {
        if (labels.Length > 0)
        {
            Put("{", output);
            Put(labels, output);
            Put("} ", output);
            return;
        }
        Put(" ", output);
    }

    private static void Put(string text, ArrayBufferWriter<byte> output) => Encoding.UTF8.GetBytes(text, output);
}
