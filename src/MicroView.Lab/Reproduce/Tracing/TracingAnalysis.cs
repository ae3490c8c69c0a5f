using System.Globalization;
using System.Text.RegularExpressions;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>What every way to sample makes of one experiment. The same experiment and seed give the same points.</summary>
internal sealed class TracingAnalysis
{
    /// <summary>Models whose configurations are also chosen from the paper's grid.</summary>
    private static readonly string[] Tuned = ["FD", "TH"];

    private const string WorkFolder = "work";

    private static readonly double[] Percentiles = [90, 95, 98, 99, 99.5, 99.9];
    private static readonly double[] Deviations = [1, 2, TraceLabels.Deviations, 4, 6];
    private const long Second = 1_000_000_000, Hold = 2 * Second, Wait = 2 * Second, After = 5 * Second;

    private readonly string _folder;
    private readonly ulong _seed;
    private readonly CancellationToken _stop;
    private readonly DataSet _data;
    private readonly IReadOnlyList<Trial> _trials, _work;
    private readonly TraceLabels _labels;
    private readonly bool[] _worth, _explained;
    private readonly List<TracingPoint> _points = [];

    private TracingAnalysis(string folder, ulong seed, CancellationToken stop)
    {
        (_folder, _seed, _stop) = (Path.Combine(folder, WorkFolder), seed, stop);
        _data = DataSetReader.Read(folder);
        WorkMetrics.Write(_data, _folder);
        _work = DayProtocol.Trials(DataSetReader.Read(_folder), ProtocolKind.Split);
        _trials = DayProtocol.Trials(_data, ProtocolKind.Split);
        _labels = TraceLabels.Of(TraceFile.Read(Path.Combine(folder, TraceDownload.FileName)), ServiceDecisions.Ranges(_trials.Select(trial => trial.Training)), ServiceDecisions.Ranges(_trials.Select(trial => trial.Test)),
            new Regex(TraceLabels.HealthChecks, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
        _worth = [.. _labels.Judged.Select(_labels.IsWorthKeeping)];
        var shadow = Faults(After);
        _explained = [.. _labels.Judged.Zip(_worth, (trace, worth) => worth && shadow.Contains(trace.StartNs))];
    }

    /// <summary>All points of an experiment, which is divided into rows to learn from and rows to judge if it is not yet.</summary>
    public static IReadOnlyList<TracingPoint> Of(string folder, IReadOnlyList<string> models, ulong seed, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(models);
        var times = ExperimentTimes.ReadFrom(folder) ?? throw new DataException(folder, 0, $"has no {ExperimentTimes.FileName}");
        SplitRun.Execute(folder, ExperimentTimes.Ns(times.TrainUntil), 0.5, TextWriter.Null);
        var analysis = new TracingAnalysis(folder, seed, stop);
        foreach (var model in models)
            analysis.AddDetector(model, model, analysis._work);
        // A network per service is trained once: what levels do shows in the others.
        foreach (var model in models.Where(model => model != "VAE"))
            analysis.AddDetector(model, $"{model}{TracingPoint.AllMetrics}", analysis._trials);
        foreach (var model in models.Intersect(Tuned))
            analysis.AddTuned(model);
        analysis.AddOthers();
        analysis.AddFacts();
        return analysis._points;
    }

    private void AddDetector(string model, string name, IReadOnlyList<Trial> trials)
    {
        var choice = model == "FD" ? new ModelChoice(new DetectorOptions { Seed = _seed }, UpdateOnline: false) { IsAsPublished = true }.AsInThePaper() : EvaluatedModel.Live(model, _seed).Choice;
        var decisions = ServiceDecisions.Of(trials, _ => choice, _stop);
        foreach (var percentile in (double?[])[null, .. Percentiles])
        {
            var setting = percentile is { } p ? string.Create(CultureInfo.InvariantCulture, $"p{p}") : TracingPoint.Own;
            var anomalous = decisions.Anomalous(percentile);
            Add(name, TracingPoint.LabelFree, setting, TraceSampler.ByDetector(_labels.Judged, anomalous, ownServicesOnly: false));
            if (model != "RFD")
                continue;
            foreach (var (variant, wait) in ((string, long)[])[(TracingPoint.Held, 0), (TracingPoint.Waiting, Wait)])
                Add($"{name}, {variant}", TracingPoint.LabelFree, setting, TraceSampler.ByDetector(_labels.Judged, anomalous.ToDictionary(service => service.Key, service => service.Value.Held(Hold, wait)), ownServicesOnly: false));
        }
    }

    /// <summary>The paper's grid: its best by the labels of the very rows that are judged, and its best without any.</summary>
    private void AddTuned(string model)
    {
        var results = GridRun.Run(new GridRequest(_folder, null, ProtocolKind.Split, GridSpace.Paper(model), null, _seed), _stop).GroupBy(result => result.Service).ToArray();
        foreach (var (chosen, best) in ((string, Func<IEnumerable<GridResult>, GridResult>)[])[(TracingPoint.ByLabels, GridResult.ByLabels), (TracingPoint.LabelFree, GridResult.WithoutLabels)])
        {
            var choices = results.ToDictionary(service => service.Key, service => best(service).Point.Choice(_seed));
            var decisions = ServiceDecisions.Of(_work, trial => choices[trial.Service], _stop);
            Add($"{model}, grid", chosen, TracingPoint.Own, TraceSampler.ByDetector(_labels.Judged, decisions.Anomalous(), ownServicesOnly: false));
        }
    }

    private void AddOthers()
    {
        foreach (var deviations in Deviations)
            Add("latency trigger", TracingPoint.LabelFree, deviations == TraceLabels.Deviations ? TracingPoint.Own : string.Create(CultureInfo.InvariantCulture, $"{deviations} sd"), TraceSampler.ByLatency(_labels.Judged, _labels, Second, deviations));
        if (_labels.Judged.All(trace => trace.ControlWord is not null))
            Add("control word, as deployed", TracingPoint.LabelFree, TracingPoint.Own, [.. _labels.Judged.Select(trace => trace.ControlWord == true)]);
        foreach (var outcome in TraceSampler.Head(_labels.Judged, _worth))
            _points.Add(new TracingPoint("head sampling", TracingPoint.Reference, outcome.Name["head ".Length..], outcome.Share, outcome.Coverage));
        var faults = Faults(0);
        Add("oracle of faults", TracingPoint.Reference, TracingPoint.Own, [.. _labels.Judged.Select(trace => faults.Contains(trace.StartNs))]);
        Add("oracle of traces", TracingPoint.Reference, TracingPoint.Own, _worth);
    }

    private void AddFacts()
    {
        var (worth, inside) = (_worth.Count(flag => flag), _explained.Count(flag => flag));
        _points.Add(new TracingPoint(TracingPoint.WorthKeeping, TracingPoint.Fact, "5 s", worth / (double)_worth.Length, worth > 0 ? inside / (double)worth : double.NaN));
        _points.Add(new TracingPoint(TracingPoint.QuietTail, TracingPoint.Fact, "", _labels.QuietTail, double.NaN));
        _points.Add(new TracingPoint(TracingPoint.Counts, TracingPoint.Fact, "", _worth.Length, worth));
    }

    private TimeRanges Faults(long after) => new(_data.Faults.Select(fault => (fault.StartNs, fault.EndNs + after)));

    private void Add(string method, string chosen, string setting, bool[] kept)
    {
        var outcome = SamplingOutcome.Of(method, kept, _worth);
        _points.Add(new TracingPoint(method, chosen, setting, outcome.Share, outcome.Coverage, SamplingOutcome.Of(method, kept, _explained).Coverage));
    }
}
