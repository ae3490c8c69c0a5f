using System.Globalization;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Has the decided trace sampling rates written into the pods' control words. Pods of node sources are left out: nobody reads a word of theirs. When the collector ends, or
/// dies, the agent puts its base rate back within 3 s. For one caller at a time.
/// </summary>
internal sealed class TraceRateActuator(TraceRates rates, ILogger logger)
{
    private readonly Dictionary<string, double> _wanted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _told = new(StringComparer.Ordinal);

    /// <summary>Wants the rates of a view, and none for pods that are gone.</summary>
    public void Apply(ApplicationsView view)
    {
        var present = new HashSet<string>(view.Pods.Count, StringComparer.Ordinal);
        foreach (var pod in view.Pods)
        {
            if (pod.Pod.Layout.Kind == PodKind.Node)
                continue;
            var (id, rate) = (pod.Names.Pod, view.Rates.Of(pod.Applications));
            present.Add(id);
            if (_wanted.TryGetValue(id, out var wanted) && wanted == rate)
                continue;
            _wanted[id] = rate;
            rates.Want(id, rate);
        }
        if (_wanted.Count > present.Count)
        {
            foreach (var gone in _wanted.Keys.Where(pod => !present.Contains(pod)).ToArray())
            {
                _wanted.Remove(gone);
                rates.Want(gone, null);
            }
        }
        Tell(view);
    }

    /// <summary>One line for each application whose rate moves.</summary>
    private void Tell(ApplicationsView view)
    {
        foreach (var application in view.Applications.Keys.Union(_told.Keys, StringComparer.Ordinal).ToArray())
        {
            var (rate, before) = (view.Rates.Of(application), _told.GetValueOrDefault(application, view.Rates.BaseRate));
            if (rate == view.Rates.BaseRate)
                _told.Remove(application);
            else
                _told[application] = rate;
            if (rate != before)
                logger.LogInformation("Traces of {Application} are kept at {Rate}", application, rate.ToString("0.######%", CultureInfo.InvariantCulture));
        }
    }
}
