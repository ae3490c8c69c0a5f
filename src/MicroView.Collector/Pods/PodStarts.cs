using System.Threading;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// What a pod starts from: the trained model of its service where models were given, else what its siblings have learnt, else nothing.
/// Siblings are pods of one service whose features have the same names, kinds and resolutions, in the same order. Thread-safe: LMAPs bring
/// what pods learnt, the layout's thread and LMAPs ask.
/// </summary>
internal sealed class PodStarts
{
    // Beyond it the service that learnt longest ago is forgotten.
    private const int MaxServices = 1024;

    private readonly AnalyzerOptions _options;
    private readonly VaeModels? _models;
    private readonly bool _shares;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly List<Service> _services = [];
    private readonly HashSet<string> _unwatched = new(StringComparer.Ordinal);

    public PodStarts(AnalyzerOptions options, VaeModels? models, bool warmStart, ILogger logger) =>
        (_options, _models, _shares, _logger) = (options, models, warmStart && models is null, logger);

    /// <summary>Every pod starts from nothing.</summary>
    public static PodStarts Cold(AnalyzerOptions options) => new(options, null, false, NullLogger.Instance);

    /// <summary>
    /// True when a pod can be analysed, with what it starts from; null: it learns. False when there is no model for it, which is logged.
    /// </summary>
    public bool TryFind(PodLayout layout, PodSchema schema, out PodKnowledge? start)
    {
        start = null;
        var service = ReplicaNames.ServiceOf(layout);
        if (_models is not null)
            return TryFit(layout, service, schema, out start);
        if (!_shares)
            return true;
        ServiceKnowledge? knowledge;
        lock (_gate)
            knowledge = _services.Find(one => one.Is(service, schema))?.Knowledge;
        start = knowledge?.Start(schema.Map!, _options);
        return true;
    }

    /// <summary>What takes the lessons of such a pod; null when they are not wanted.</summary>
    public Action<PodLesson>? TakerOf(PodLayout layout, PodSchema schema)
    {
        if (!_shares)
            return null;
        var service = ReplicaNames.ServiceOf(layout);
        return lesson => Take(service, schema, lesson);
    }

    private void Take(string service, PodSchema schema, PodLesson lesson)
    {
        lock (_gate)
        {
            var known = _services.FindIndex(one => one.Is(service, schema));
            var knowledge = known < 0 ? ServiceKnowledge.None : _services[known].Knowledge;
            if (known >= 0)
                _services.RemoveAt(known);
            else if (_services.Count == MaxServices)
                _services.RemoveAt(0);
            _services.Add(new Service(service, schema, knowledge.With(lesson)));
        }
    }

    private bool TryFit(PodLayout layout, string service, PodSchema schema, out PodKnowledge? start)
    {
        var model = _models!.For(service, out var problem);
        start = model is null ? null : VaeFit.Start(model, schema.Map!, schema.FeatureNames, _options.Detector, out problem);
        bool isNews;
        lock (_gate)
        {
            if (_unwatched.Count > MaxServices)
                _unwatched.Clear();
            isNews = start is null ? _unwatched.Add(layout.Pod) : _unwatched.Remove(layout.Pod);
        }
        if (isNews && start is null)
            _logger.LogWarning("Pod {Pod} is not watched as it is now: {Problem}", layout.Pod, problem);
        else if (isNews)
            _logger.LogInformation("Pod {Pod} has grown what its model needs, and is watched", layout.Pod);
        return start is not null;
    }

    private sealed record Service(string Name, PodSchema Schema, ServiceKnowledge Knowledge)
    {
        public bool Is(string name, PodSchema schema) => Name == name && Schema.HasSameFeatures(schema);
    }
}
