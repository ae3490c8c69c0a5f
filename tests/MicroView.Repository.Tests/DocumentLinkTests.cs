using System.Text.RegularExpressions;

namespace MicroView.Repository.Tests;

public sealed partial class DocumentLinkTests
{
    public static TheoryData<string> Documents() => [.. Checkout.Files("*.md")];

    [Theory, MemberData(nameof(Documents))]
    public void Relative_links_lead_somewhere(string document)
    {
        var broken = Link().Matches(WithoutCode(Checkout.Read(document)))
            .Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))
            .Where(target => !Resolves(document, target));
        Assert.Empty(broken);
    }

    [Theory, MemberData(nameof(Documents))]
    public void Code_fences_are_closed(string document) =>
        Assert.Equal(0, Checkout.Lines(document).Count(line => line.StartsWith("```", StringComparison.Ordinal)) % 2);

    [Theory]
    [InlineData("CONTRIBUTING.md", "no-such-file.md", false)]
    [InlineData("CONTRIBUTING.md", "README.md#no-such-heading", false)]
    [InlineData("CONTRIBUTING.md", "README.md", true)]
    public void A_broken_link_is_seen(string document, string target, bool expected) =>
        Assert.Equal(expected, Resolves(document, target));

    [Theory]
    [InlineData("## Scrape and tick, at 0.1 s", "scrape-and-tick-at-01-s")]
    [InlineData("# `microview up`", "microview-up")]
    public void Anchors_are_made_as_on_the_forge(string heading, string expected) => Assert.Equal(expected, Anchor(heading));

    private static bool Resolves(string document, string target)
    {
        var parts = target.Split('#', 2);
        var path = parts[0].Length == 0
            ? document
            : Path.GetRelativePath(Checkout.Root, Path.GetFullPath(Path.Combine(Checkout.Root, Path.GetDirectoryName(document)!, parts[0])));
        if (!Path.Exists(Path.Combine(Checkout.Root, path)))
            return false;
        return parts.Length == 1 || Heading().Matches(WithoutFences(Checkout.Read(path))).Any(match => Anchor(match.Value) == parts[1]);
    }

    private static string Anchor(string heading) =>
        NotInAnchor().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    private static string WithoutFences(string text) => Fence().Replace(text, "");

    private static string WithoutCode(string text) => InlineCode().Replace(WithoutFences(text), "`code`");

    [GeneratedRegex(@"\[[^\]\n]*\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#{1,6} .*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{Nd}\-_ ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"`[^`\n]+`")]
    private static partial Regex InlineCode();
}
