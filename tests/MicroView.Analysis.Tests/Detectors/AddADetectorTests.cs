using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MicroView.Analysis.Tests;

/// <summary>docs/add-a-detector.md: its example, compiled and registered as it says, keeps the contract.</summary>
public sealed class AddADetectorTests
{
    private const string Usings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly Lazy<Assembly> Example = new(Compile);

    public static TheoryData<string> Checks => [.. DetectorContractTests.Checks.Keys];

    [Theory, MemberData(nameof(Checks))]
    public void The_example_keeps_the_contract(string check)
    {
        var create = Create();
        DetectorContractTests.Checks[check]((dimension, options) => create(dimension, options with { Model = "mm" }));
    }

    [Fact]
    public void The_registry_with_the_line_has_the_name_beside_its_own()
    {
        var names = (IReadOnlyList<string>)Registry.GetProperty(nameof(DetectorRegistry.Names))!.GetValue(null)!;
        Assert.Equal([.. DetectorRegistry.Names.Append("MM").Order(StringComparer.OrdinalIgnoreCase)], names);
        Assert.Equal(0.5, Create()(2, new DetectorOptions { Model = "MM" }).Score([1, 0, 0, 0, 0, 0, 0, 0], 1));
    }

    private static Type Registry => Example.Value.GetType("MicroView.Analysis.DetectorRegistry")!;

    private static Func<int, DetectorOptions, Detector> Create() =>
        Registry.GetMethod(nameof(DetectorRegistry.Create))!.CreateDelegate<Func<int, DetectorOptions, Detector>>();

    /// <summary>The document's class beside the registry as it is, with the document's line in it.</summary>
    private static Assembly Compile()
    {
        var blocks = Blocks(File.ReadAllLines(Path.Combine(Root, "docs", "add-a-detector.md"))).ToArray();
        Assert.Equal(2, blocks.Length);
        var registry = File.ReadAllText(Path.Combine(Root, "src", "MicroView.Analysis", "Detectors", "DetectorRegistry.cs"));
        const string last = "new VaeDetector(dimension, options),\n";
        Assert.Contains(last, registry, StringComparison.Ordinal);
        string[] sources = [Usings, blocks[0], registry.Replace(last, last + blocks[1], StringComparison.Ordinal)];
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Select(path => MetadataReference.CreateFromFile(path));
        // Under this name it sees what is internal, as a file of the project would.
        var compilation = CSharpCompilation.Create("MicroView.Analysis.Tests", sources.Select(source => CSharpSyntaxTree.ParseText(source)), platform,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, optimizationLevel: OptimizationLevel.Release,
                specificDiagnosticOptions: [new("CS0436", ReportDiagnostic.Suppress)]));
        using var stream = new MemoryStream();
        var result = compilation.Emit(stream);
        Assert.Empty(result.Diagnostics.Where(found => found.Severity >= DiagnosticSeverity.Warning).Select(found => found.ToString()));
        stream.Position = 0;
        return new AssemblyLoadContext("the document's example").LoadFromStream(stream);
    }

    private static IEnumerable<string> Blocks(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
            if (lines[i] == "```csharp")
            {
                var block = lines.Skip(i + 1).TakeWhile(line => line != "```").ToArray();
                yield return string.Join('\n', block) + "\n";
                i += block.Length + 1;
            }
    }

    private static string Root
    {
        get
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "MicroView.slnx")))
                    return folder.FullName;
            throw new DirectoryNotFoundException("the repository's root");
        }
    }
}
