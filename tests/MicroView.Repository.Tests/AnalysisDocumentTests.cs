using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MicroView.Analysis;

namespace MicroView.Repository.Tests;

/// <summary>Detection is judged by people who did not write it: what is public says what it is, who may share it, and where it comes from.</summary>
public sealed partial class AnalysisDocumentTests
{
    private static readonly Dictionary<string, string> Summaries = XDocument.Load(Path.ChangeExtension(typeof(Detector).Assembly.Location, ".xml")).Descendants("member")
        .ToDictionary(member => member.Attribute("name")!.Value, member => Space().Replace(member.Element("summary")?.Value ?? "", " ").Trim());

    public static TheoryData<Type> Public => [.. typeof(Detector).Assembly.GetExportedTypes().Where(type => !type.IsDefined(typeof(CompilerGeneratedAttribute), false))];

    /// <summary>What computes something that somebody published, or that we made up.</summary>
    public static TheoryData<Type> Algorithms =>
    [
        .. typeof(Detector).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(Detector))),
        typeof(FrequentDirections), typeof(AlarmBudget), typeof(AlarmGate), typeof(PodAnalyzer), typeof(FeatureScaling), typeof(FeatureExtractor), typeof(RunningStatistics), typeof(Percentile),
        typeof(SplitMix64), typeof(VaeModel), typeof(SketchBytes), typeof(VaeBytes),
    ];

    [Theory, MemberData(nameof(Public))]
    public void A_public_type_of_the_analysis_says_what_it_is(Type type) => Assert.True(SummaryOf(type).Length >= 20, $"{type.Name}: '{SummaryOf(type)}'");

    [Theory, MemberData(nameof(Public))]
    public void A_public_type_of_the_analysis_says_who_may_share_it(Type type)
    {
        if (!type.IsEnum)
            Assert.Contains("hread-safe", SummaryOf(type), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Algorithms))]
    public void An_algorithm_names_its_source(Type type) => Assert.Matches(@"Source: \S", SummaryOf(type));

    private static string SummaryOf(Type type) => Summaries.GetValueOrDefault($"T:{type.FullName!.Replace('+', '.')}", "");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
