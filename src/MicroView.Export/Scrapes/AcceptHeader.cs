using System.Net.Http.Headers;

namespace MicroView.Export;

/// <summary>A media type that can be answered with; a range that wants another version of it does not match.</summary>
internal readonly record struct MediaKind(string Type, string Subtype, string? Version);

/// <summary>What an Accept header says of one media type.</summary>
/// <param name="Quality">0…1; 0: not acceptable, or not mentioned.</param>
/// <param name="IsNamed">By its name, and not by a wildcard.</param>
/// <param name="Place">Where in the header.</param>
internal readonly record struct MediaVerdict(double Quality, bool IsNamed, int Place)
{
    /// <summary>Wanted more; where both are wanted the same, by name before by wildcard, then who is named first.</summary>
    public bool IsBetterThan(MediaVerdict other) =>
        Quality != other.Quality ? Quality > other.Quality
        : IsNamed != other.IsNamed ? IsNamed
        : IsNamed && Place < other.Place;
}

/// <summary>An Accept header. A part that is malformed is left out, and the others count.</summary>
internal readonly struct AcceptHeader
{
    private const int MaxParts = 64; // a header of thousands asks for nothing that a scrape could give

    private readonly List<(MediaTypeWithQualityHeaderValue Range, double Quality)> _ranges;

    private AcceptHeader(List<(MediaTypeWithQualityHeaderValue, double)> ranges) => _ranges = ranges;

    public static AcceptHeader Parse(string? header)
    {
        var ranges = new List<(MediaTypeWithQualityHeaderValue, double)>();
        foreach (var part in Split(header ?? ""))
            if (MediaTypeWithQualityHeaderValue.TryParse(part, out var range) && TryQuality(range.Parameters, out var quality))
                ranges.Add((range, quality));
        return new(ranges);
    }

    /// <summary>The most specific range that matches decides, and of those the one with the highest quality.</summary>
    public MediaVerdict Judge(MediaKind kind)
    {
        var (best, specificity) = (new MediaVerdict(0, false, int.MaxValue), -1);
        for (var i = 0; i < _ranges.Count; i++)
        {
            var (range, quality) = _ranges[i];
            var match = Specificity(range, kind);
            if (match < 0 || match < specificity || (match == specificity && quality <= best.Quality))
                continue;
            (best, specificity) = (new(quality, match >= 2, i), match);
        }
        return best;
    }

    /// <summary>gzip where it is named, unless no compression is named with a higher quality; or where nothing else is allowed.</summary>
    public static bool WantsGzip(string? header)
    {
        double gzip = -1, identity = -1, any = -1;
        foreach (var part in Split(header ?? ""))
        {
            if (!StringWithQualityHeaderValue.TryParse(part, out var coding) || (coding.Quality ?? 1) is not (>= 0 and <= 1 and var quality))
                continue;
            if (coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) || coding.Value.Equals("x-gzip", StringComparison.OrdinalIgnoreCase))
                gzip = Math.Max(gzip, quality);
            else if (coding.Value.Equals("identity", StringComparison.OrdinalIgnoreCase))
                identity = quality;
            else if (coding.Value == "*")
                any = quality;
        }
        return gzip > 0 ? gzip >= identity : gzip < 0 && any > 0 && identity == 0;
    }

    /// <summary>3: with its version; 2: by name; 1: any of its type; 0: anything; -1: no match.</summary>
    private static int Specificity(MediaTypeWithQualityHeaderValue range, MediaKind kind)
    {
        if (range.MediaType is "*/*")
            return 0;
        if (string.Equals(range.MediaType, kind.Type + "/*", StringComparison.OrdinalIgnoreCase))
            return 1;
        if (!string.Equals(range.MediaType, $"{kind.Type}/{kind.Subtype}", StringComparison.OrdinalIgnoreCase))
            return -1;
        var version = range.Parameters.FirstOrDefault(parameter => parameter.Name.Equals("version", StringComparison.OrdinalIgnoreCase))?.Value?.Trim('"');
        return version is null ? 2 : version == kind.Version ? 3 : -1;
    }

    private static bool TryQuality(ICollection<NameValueHeaderValue> parameters, out double quality)
    {
        quality = 1;
        foreach (var parameter in parameters)
            if (parameter.Name.Equals("q", StringComparison.OrdinalIgnoreCase))
                return double.TryParse(parameter.Value, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out quality)
                    && quality is >= 0 and <= 1;
        return true;
    }

    /// <summary>The parts between commas, but for those inside quotes.</summary>
    private static IEnumerable<string> Split(string header)
    {
        var (start, isQuoted, parts) = (0, false, 0);
        for (var i = 0; i <= header.Length && parts < MaxParts; i++)
        {
            if (i < header.Length && header[i] == '"')
                isQuoted = !isQuoted;
            if (i < header.Length && (header[i] != ',' || isQuoted))
                continue;
            if (header[start..i].Trim() is { Length: > 0 } part)
            {
                parts++;
                yield return part;
            }
            start = i + 1;
        }
    }
}
