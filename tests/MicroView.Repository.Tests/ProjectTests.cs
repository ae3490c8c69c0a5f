using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MicroView.Repository.Tests;

public sealed class ProjectTests
{
    // The design's arrows. A new project is added here first, on purpose.
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["MicroView.Protocol"] = [],
        ["MicroView.Verbs"] = [],
        ["MicroView.Analysis"] = [],
        ["MicroView.Export"] = [],
        // Not in the design: what the HTTP servers of agent and collector share.
        ["MicroView.Serving"] = [],
        ["MicroView.Client"] = ["MicroView.Protocol"],
        // An adapter of the client to another library: a package of its own, so that the client depends on none. Nothing may reference it.
        ["MicroView.OpenTelemetry"] = ["MicroView.Client"],
        ["MicroView.Host"] = ["MicroView.Export", "MicroView.Protocol", "MicroView.Serving", "MicroView.Verbs"],
        ["MicroView.Collector"] = ["MicroView.Analysis", "MicroView.Export", "MicroView.Protocol", "MicroView.Serving", "MicroView.Verbs"],
        ["MicroView.Cli"] = ["MicroView.Client", "MicroView.Collector", "MicroView.Host"],
        ["MicroView.Lab"] = ["MicroView.Analysis", "MicroView.Protocol"],
    };

    private static readonly string[] UnsafeProjects = ["MicroView.Protocol", "MicroView.Verbs"];

    public static TheoryData<string> SourceProjects() => [.. Checkout.Files("*.csproj", "src")];

    public static TheoryData<string> AllProjects() => [.. Checkout.Files("*.csproj")];

    [Fact]
    public void Every_project_of_the_design_exists_and_no_other()
    {
        var present = Checkout.Files("*.csproj", "src").Select(Path.GetFileNameWithoutExtension).Order();
        Assert.Equal(Arrows.Keys.Order(), present);
    }

    [Theory, MemberData(nameof(SourceProjects))]
    public void References_are_exactly_the_arrows_of_the_design(string project)
    {
        var references = Items(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension).Order();
        Assert.Equal(Arrows[Path.GetFileNameWithoutExtension(project)], references);
    }

    [Theory, MemberData(nameof(SourceProjects))]
    public void No_arrow_is_drawn_by_other_means(string project)
    {
        Assert.Empty(Items(project, "Reference"));
        Assert.DoesNotContain(Items(project, "Compile"), path => path.Contains("..", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(AllProjects))]
    public void Only_the_system_facing_leaves_allow_unsafe_code(string project)
    {
        var allowed = UnsafeProjects.Contains(Path.GetFileNameWithoutExtension(project));
        Assert.Equal(allowed, Property(project, "AllowUnsafeBlocks") == "true");
    }

    [Fact]
    public void Shared_build_settings_keep_the_house_rules()
    {
        Assert.Null(Property("Directory.Build.props", "AllowUnsafeBlocks"));
        Assert.Equal("enable", Property("Directory.Build.props", "Nullable"));
        Assert.Equal("true", Property("Directory.Build.props", "TreatWarningsAsErrors"));
        Assert.Equal("Apache-2.0", Property("Directory.Build.props", "PackageLicenseExpression"));
        Assert.Equal("true", Property("Directory.Packages.props", "ManagePackageVersionsCentrally"));
    }

    [Theory, MemberData(nameof(AllProjects))]
    public void Packages_take_their_version_from_the_central_file(string project)
    {
        var central = Items("Directory.Packages.props", "PackageVersion").ToHashSet();
        foreach (var reference in Load(project).Descendants("PackageReference"))
        {
            Assert.Null(reference.Attribute("Version"));
            Assert.Null(reference.Attribute("VersionOverride"));
            Assert.Contains(reference.Attribute("Include")!.Value, central);
        }
    }

    [Fact]
    public void Central_versions_are_exact()
    {
        foreach (var package in Load("Directory.Packages.props").Descendants("PackageVersion"))
            Assert.Matches(new Regex(@"^\d+\.\d+\.\d+(-[\w.]+)?$"), package.Attribute("Version")!.Value);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Load("MicroView.slnx").Descendants("Project").Select(p => p.Attribute("Path")!.Value).Order();
        Assert.Equal(Checkout.Files("*.csproj", "src", "tests", "benchmarks", "samples").Order(), solution);
    }

    [Fact]
    public void The_licence_is_Apache_2()
    {
        Assert.Contains("Apache License", Checkout.Read("LICENSE"), StringComparison.Ordinal);
        Assert.Contains("Version 2.0, January 2004", Checkout.Read("LICENSE"), StringComparison.Ordinal);
    }

    private static XDocument Load(string relative) => XDocument.Load(Path.Combine(Checkout.Root, relative));

    private static IEnumerable<string> Items(string file, string kind) =>
        Load(file).Descendants(kind).Select(item => item.Attribute("Include")?.Value).OfType<string>();

    private static string? Property(string file, string name) => Load(file).Descendants(name).FirstOrDefault()?.Value;
}
