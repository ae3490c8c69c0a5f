using System.Text.RegularExpressions;

namespace MicroView.Repository.Tests;

public sealed partial class SourceTests
{
    // The house style says about 300; what is over 400 is no longer one idea.
    private const int MaxLines = 400;

    private static readonly string[] Code = ["src", "tests", "benchmarks"];

    [Fact]
    public void A_file_holds_one_idea()
    {
        var tooLong = Checkout.Files("*.cs", Code)
            .Select(file => (file, lines: Checkout.Lines(file).Length))
            .Where(entry => entry.lines > MaxLines)
            .Select(entry => $"{entry.file}: {entry.lines} lines (at most {MaxLines})");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Unsafe_code_stays_in_the_system_facing_leaves()
    {
        var found = Find(UnsafeKeyword(), file => !file.StartsWith("src/MicroView.Protocol/", StringComparison.Ordinal)
            && !file.StartsWith("src/MicroView.Verbs/", StringComparison.Ordinal));
        Assert.Empty(found);
    }

    [Fact]
    public void System_calls_stay_in_the_system_facing_leaves()
    {
        var found = Find(NativeImport(), file => file.StartsWith("src/", StringComparison.Ordinal)
            && !file.StartsWith("src/MicroView.Protocol/", StringComparison.Ordinal)
            && !file.StartsWith("src/MicroView.Verbs/", StringComparison.Ordinal));
        Assert.Empty(found);
    }

    [Fact]
    public void A_silenced_warning_says_why()
    {
        var silent = from file in Checkout.Files("*.cs", Code)
                     from line in Checkout.Lines(file).Index()
                     where PragmaWithoutReason().IsMatch(line.Item) || SuppressionWithoutReason().IsMatch(line.Item)
                     select $"{file}:{line.Index + 1}: {line.Item.Trim()}";
        Assert.Empty(silent);
    }

    [Fact]
    public void Each_assembly_has_one_namespace()
    {
        var strays = from file in Checkout.Files("*.cs", "src")
                     let expected = file.Split('/')[1]
                     from Match match in NamespaceDeclaration().Matches(Checkout.Read(file))
                     where match.Groups["name"].Value != expected
                     select $"{file}: namespace {match.Groups["name"].Value}, not {expected}";
        Assert.Empty(strays);
    }

    [Theory]
    [InlineData("unsafe struct Header;", true)]
    [InlineData("static unsafe void Read()", true)]
    [InlineData("// unsafe would be faster", false)]
    [InlineData("Log(\"unsafe peer\");", false)]
    [InlineData("Unsafe.SkipInit(out x);", false)]
    public void The_search_for_unsafe_sees_code_only(string line, bool expected) =>
        Assert.Equal(expected, UnsafeKeyword().IsMatch(WithoutTextAndComments(line)));

    [Theory]
    [InlineData("#pragma warning disable CA1000", true)]
    [InlineData("#pragma warning disable CA1000 // one factory per shape", false)]
    [InlineData("#pragma warning restore CA1000", false)]
    public void The_search_for_silent_pragmas_wants_a_reason(string line, bool expected) =>
        Assert.Equal(expected, PragmaWithoutReason().IsMatch(line));

    private static IEnumerable<string> Find(Regex pattern, Func<string, bool> applies) =>
        from file in Checkout.Files("*.cs", Code)
        where applies(file)
        from line in Checkout.Lines(file).Index()
        where pattern.IsMatch(WithoutTextAndComments(line.Item))
        select $"{file}:{line.Index + 1}: {line.Item.Trim()}";

    private static string WithoutTextAndComments(string line) => Comment().Replace(Text().Replace(line, "\"\""), "");

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Text();

    [GeneratedRegex("//.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeKeyword();

    [GeneratedRegex(@"\[\s*(LibraryImport|DllImport)\b")]
    private static partial Regex NativeImport();

    [GeneratedRegex(@"^\s*#pragma\s+warning\s+disable(?!.*//\s*\S)")]
    private static partial Regex PragmaWithoutReason();

    [GeneratedRegex(@"\[\s*(\w+:\s*)?(Unconditional)?SuppressMessage\((?!.*Justification)")]
    private static partial Regex SuppressionWithoutReason();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();
}
