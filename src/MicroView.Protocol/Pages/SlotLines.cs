using System.Runtime.Intrinsics;

namespace MicroView.Protocol;

/// <summary>
/// Copies lines of slots out of shared memory, folding stripes. Loads are wide, but each is used as eight-byte elements, and
/// never narrower: memmove may copy bytes, which would tear a value.
/// </summary>
internal static unsafe class SlotLines
{
    /// <summary>Copies <paramref name="slots"/> slots from stripe-interleaved lines; <paramref name="target"/> holds at least that many.</summary>
    internal static void Fold(byte* lines, int stripes, int slots, double* target)
    {
        var source = (double*)lines;
        var whole = slots / PageFormat.SlotsPerLine;
        var stride = stripes * PageFormat.SlotsPerLine;
        if (stripes == 1)
        {
            for (var line = 0; line < whole; line++)
                Vector512.Load(source + line * PageFormat.SlotsPerLine).Store(target + line * PageFormat.SlotsPerLine);
        }
        else
        {
            for (var line = 0; line < whole; line++)
                Sum(source + line * stride, stripes).Store(target + line * PageFormat.SlotsPerLine);
        }
        if (slots % PageFormat.SlotsPerLine == 0)
            return;
        // The last line is whole in the object, but not in the target.
        var last = Sum(source + whole * stride, stripes);
        for (var lane = 0; lane < slots % PageFormat.SlotsPerLine; lane++)
            target[whole * PageFormat.SlotsPerLine + lane] = last.GetElement(lane);
    }

    /// <summary>Copies whole lines in rising order, as <see cref="Fold"/> loads them.</summary>
    internal static void Copy(byte* source, byte* target, int lines)
    {
        for (var line = 0; line < lines; line++)
            Vector512.Load((double*)(source + line * PageFormat.LineSize)).Store((double*)(target + line * PageFormat.LineSize));
    }

    private static Vector512<double> Sum(double* line, int stripes)
    {
        var sum = Vector512.Load(line);
        for (var stripe = 1; stripe < stripes; stripe++)
            sum += Vector512.Load(line + stripe * PageFormat.SlotsPerLine);
        return sum;
    }
}
