using System.Text;

namespace MicroView.Repository.Tests;

/// <summary>A command line of ours that a document tells its reader to type.</summary>
internal static class DocumentedCommand
{
    /// <summary>Finds `$ ./microview …` in console blocks; returns where it stands and its arguments as the shell would split them.</summary>
    public static IEnumerable<(string Place, string[] Arguments)> In(string document, IReadOnlyList<string> lines)
    {
        var console = false;
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
                console = lines[i].StartsWith("```console", StringComparison.Ordinal);
            else if (console && lines[i].StartsWith("$ ", StringComparison.Ordinal))
            {
                var place = $"{document}:{i + 1}";
                var command = new StringBuilder(lines[i][2..]);
                while (command[^1] == '\\' && i + 1 < lines.Count)
                    command.Remove(command.Length - 1, 1).Append(lines[++i]);
                foreach (var arguments in Invocations(command.ToString()))
                    yield return (place, arguments);
            }
        }
    }

    private static IEnumerable<string[]> Invocations(string command)
    {
        // An operator of the shell ends one command and begins the next: a; b, a | b, a &, a > file.
        var current = new List<string>();
        foreach (var word in Split(command).Append(";"))
        {
            if (word is not (";" or "|" or "&" or "&&" or "||" or ">" or ">>" or "2>" or "<"))
            {
                current.Add(word);
                continue;
            }
            var program = current.FindIndex(candidate => candidate is "./microview");
            if (program >= 0)
                yield return [.. current.Skip(program + 1)];
            current.Clear();
        }
    }

    internal static List<string> Split(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var inWord = false;
        var quote = '\0';
        foreach (var c in command)
        {
            if (quote != '\0' ? c == quote : c is '\'' or '"')
                (quote, inWord) = (quote == '\0' ? c : '\0', true);
            else if (quote != '\0' || !char.IsWhiteSpace(c))
            {
                if (c == '#' && quote == '\0' && !inWord)
                    break;
                if (c == ';' && quote == '\0')
                {
                    EndWord();
                    words.Add(";");
                    continue;
                }
                word.Append(c);
                inWord = true;
            }
            else
                EndWord();
        }
        EndWord();
        return words;

        void EndWord()
        {
            if (inWord)
                words.Add(word.ToString());
            word.Clear();
            inWord = false;
        }
    }
}
