using System.Buffers.Text;

namespace MicroView.Host;

/// <summary>Reads the kernel's text formats in place. Text may be cut anywhere; what is not there is not found.</summary>
internal static class KernelText
{
    /// <summary>The number at the start, after blanks; -1 when there is none (a limit of "max" is none). Saturates above 2⁶³.</summary>
    internal static long Number(ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \t"u8);
        if (!Utf8Parser.TryParse(text, out ulong value, out var used) || used == 0)
            return text.Length > 0 && text[0] is >= (byte)'0' and <= (byte)'9' ? long.MaxValue : -1;
        return value > long.MaxValue ? long.MaxValue : (long)value;
    }

    /// <summary>Splits off the next word of a line.</summary>
    internal static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \t"u8);
        var end = text.IndexOfAny(" \t\n"u8);
        var word = end < 0 ? text : text[..end];
        text = text[word.Length..];
        return word;
    }

    /// <summary>Splits off the next line; false at the end. A last line without its newline was cut, and is given only if it is all there is.</summary>
    internal static bool NextLine(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line)
    {
        var end = text.IndexOf((byte)'\n');
        line = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return line.Length > 0 || end >= 0;
    }

    /// <summary>The number after <paramref name="key"/> at the start of a line ("pgfault 12", "rchar: 12"); -1 when the key is not there.</summary>
    internal static long ValueOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        while (NextLine(ref text, out var line))
            if (line.Length > key.Length && line.StartsWith(key) && line[key.Length] is (byte)' ' or (byte)':' or (byte)'\t')
                return Number(line[(key.Length + 1)..]);
        return -1;
    }

    /// <summary>The number after the first <paramref name="key"/> anywhere ("total=12"); -1 when the key is not there.</summary>
    internal static long FirstAfter(ReadOnlySpan<byte> text, ReadOnlySpan<byte> key)
    {
        var at = text.IndexOf(key);
        return at < 0 ? -1 : Number(text[(at + key.Length)..]);
    }
}
