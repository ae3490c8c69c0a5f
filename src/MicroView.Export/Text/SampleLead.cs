using System.Buffers;
using System.Text;

namespace MicroView.Export;

/// <summary>A sample up to its value: name and labels are the same text in every text format, so that a series is the same series whichever format was scraped.</summary>
internal static class SampleLead
{
    public static void Write(Family family, Series series, int line, ArrayBufferWriter<byte> output)
    {
        Put(family.Name, output);
        if (!series.IsHistogram)
        {
            PutLabels(series.Labels, output);
            return;
        }
        Put(series.SuffixOf(line), output);
        if (line > series.Bounds.Length)
        {
            PutLabels(series.Labels, output);
            return;
        }
        Put("{", output);
        Put(series.Labels, output);
        Put(series.Labels.Length > 0 ? ",le=\"" : "le=\"", output);
        output.Advance(ValueText.Format(series.BoundOf(line), output.GetSpan(ValueText.MaxLength)));
        Put("\"} ", output);
    }

    public static void PutLabels(string labels, ArrayBufferWriter<byte> output)
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

    public static void Put(string text, ArrayBufferWriter<byte> output) => Encoding.UTF8.GetBytes(text, output);
}
