using MicroView.Analysis;
using MicroView.Collector;

namespace MicroView.Cli;

/// <summary>Checks a collector's options before anything is started.</summary>
internal static class CollectorChoice
{
    /// <summary>Adds what is wrong with them.</summary>
    /// <param name="options">The options.</param>
    /// <param name="hasModel">False: the trained network could not be read, which has been said already.</param>
    /// <param name="problems">Where to.</param>
    public static void Check(CollectorOptions options, bool hasModel, ProblemList problems) =>
        problems.Add((hasModel ? options : options with { Analysis = new AnalyzerOptions() }).Problems());

    /// <summary>Adds the ports that are taken.</summary>
    public static void LookAtPorts(CollectorOptions options, ProblemList problems)
    {
        PortCheck.Look(problems, options.Access.Listen, options.PrometheusPort, "--prometheus-port");
        if (options.Actions.Keda is { } keda)
            PortCheck.Look(problems, keda.Address, keda.Port, "--keda-port");
        if (options.Actions.Jaeger is { IsOptional: false } jaeger)
            PortCheck.Look(problems, jaeger.Address, jaeger.Port, "--jaeger-port");
    }
}
