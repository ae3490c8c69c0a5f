using System.Text;

namespace MicroView.Cli;

/// <summary>Reads a configuration file as text: bounded, strictly UTF-8, without control characters.</summary>
internal static class ConfigurationText
{
    /// <summary>Hundreds of rules fit; what is larger is some other file.</summary>
    public const int MostBytes = 256 << 10;

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The text; null when it could not be read, which <paramref name="problems"/> then says in one line.</summary>
    public static string? Read(string path, ProblemList problems)
    {
        try
        {
            if (Directory.Exists(path))
                throw new IOException("it is a directory");
            if (Decode(path, ReadBytes(path), problems) is { } text)
                return text;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var what = error is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : error.Message.TrimEnd('.');
            problems.Add($"cannot read the configuration '{path}': {what}; --config and MICROVIEW_CONFIG name a YAML or JSON file");
        }
        return null;
    }

    private static ReadOnlySpan<byte> ReadBytes(string path)
    {
        // Not by its length: a pipe and a device have none.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var bytes = new byte[MostBytes + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length > MostBytes ? throw new IOException($"it is larger than {MostBytes >> 10} KiB") : bytes.AsSpan(0, length);
    }

    private static string? Decode(string path, ReadOnlySpan<byte> bytes, ProblemList problems)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[Encoding.UTF8.Preamble.Length..];
        string text;
        try
        {
            text = s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException error)
        {
            var line = bytes[..Math.Clamp(error.Index, 0, bytes.Length)].Count((byte)'\n') + 1;
            problems.Add($"{path}:{line}: this is not UTF-8 text");
            return null;
        }
        for (var i = 0; i < text.Length; i++)
            if (char.IsControl(text[i]) && text[i] is not ('\n' or '\r' or '\t' or '\u0085'))
            {
                problems.Add($"{path}:{text.AsSpan(0, i).Count('\n') + 1}: holds the control character U+{(int)text[i]:X4}: this is not a text file");
                return null;
            }
        return text;
    }
}
