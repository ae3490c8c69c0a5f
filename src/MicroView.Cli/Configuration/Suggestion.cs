namespace MicroView.Cli;

/// <summary>What somebody who wrote an unknown word may have meant.</summary>
internal static class Suggestion
{
    private const int LongestWord = 40; // no key is longer, and the distance costs the product of both lengths

    /// <summary>"; did you mean X?", or nothing when no known word is near.</summary>
    public static string For(string word, IEnumerable<ConfigurationKey> keys) => Nearest(word, keys) is { } name ? $"; did you mean {name}?" : "";

    private static string? Nearest(string word, IEnumerable<ConfigurationKey> keys)
    {
        word = word.TrimStart('-').Replace('_', '-').ToLowerInvariant();
        if (word.Length is 0 or > LongestWord)
            return null;
        var known = keys.ToArray();
        if (known.FirstOrDefault(key => key.Name == word || key.Option.Aliases.Any(alias => alias.TrimStart('-') == word)) is { } same)
            return same.Name;
        var nearest = known.Select(key => key.Name).Distinct().Select(name => (Name: name, Distance: Distance(word, name))).OrderBy(pair => pair.Distance).FirstOrDefault();
        if (nearest.Name is not null && nearest.Distance <= Math.Max(1, word.Length / 3))
            return nearest.Name;
        return known.Select(key => key.Name).FirstOrDefault(name => name.StartsWith(word + "-", StringComparison.Ordinal) || name.EndsWith("-" + word, StringComparison.Ordinal));
    }

    /// <summary>Letters to change, add, leave out, or swap with their neighbour (optimal string alignment).</summary>
    internal static int Distance(string a, string b)
    {
        var cells = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            cells[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            cells[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                cells[i, j] = Math.Min(Math.Min(cells[i - 1, j], cells[i, j - 1]) + 1, cells[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cells[i, j] = Math.Min(cells[i, j], cells[i - 2, j - 2] + 1);
            }
        return cells[a.Length, b.Length];
    }
}
