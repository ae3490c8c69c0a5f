using Microsoft.Extensions.Logging;

namespace MicroView.Collector;

/// <summary>A pod and the rate that it is to have.</summary>
internal readonly record struct RateWish(string Pod, double Rate);

/// <summary>The agent's answer.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Term">The term to write its control word with; 0: the agent writes it; null: refused, or the pod has gone.</param>
/// <param name="Refusal">Why it was refused; null: it was not.</param>
internal readonly record struct RateGrant(string Pod, ushort? Term, string? Refusal);

/// <summary>
/// Keeps pods' trace sampling rates as they are wanted: asks the agent to hold them, again at least each second, for as long as a session lasts. What is refused,
/// because another collector holds it, is asked for again each time. Without a renewal the agent puts the base rate back after 3 s.
/// </summary>
internal sealed class RateKeeper(TraceRates rates, Func<IReadOnlyList<MonitoredPod>> pods, ILogger logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(700);
    private readonly HashSet<MonitoredPod> _written = [];
    private string? _told; // what kind of thing was said last
    private volatile int _held, _refused;

    /// <summary>Pods whose rate is held.</summary>
    public int Held => _held;

    /// <summary>Pods whose rate is wanted, and another collector's.</summary>
    public int Refused => _refused;

    /// <summary>Until the cancellation; never throws.</summary>
    public async Task KeepAsync(ControlPlaneConnection connection, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await RenewAsync(connection, cancellation).ConfigureAwait(false);
                await rates.WaitAsync(rates.IsEmpty ? Timeout.InfiniteTimeSpan : Period, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The session ends.
        }
        finally
        {
            (_held, _refused) = (0, 0);
        }
    }

    private async Task RenewAsync(ControlPlaneConnection connection, CancellationToken cancellation)
    {
        var wishes = new List<RateWish>();
        var asked = new List<MonitoredPod>();
        foreach (var pod in pods())
        {
            if (rates.Of(pod.Pod) is not { } rate)
                continue;
            pod.Rate.Change(rate); // who has the term need not wait for the answer
            wishes.Add(new(pod.Pod, rate));
            asked.Add(pod);
        }
        foreach (var pod in _written.Except(asked).ToArray())
            Drop(pod);
        if (wishes.Count == 0)
        {
            (_held, _refused) = (0, 0);
            return;
        }
        try
        {
            Take(asked, wishes, await connection.HoldAsync(wishes, cancellation).ConfigureAwait(false));
        }
        catch (IOException error)
        {
            Tell(error.Message, $"The trace sampling rates cannot be renewed: {error.Message}");
        }
    }

    private void Take(List<MonitoredPod> asked, List<RateWish> wishes, IReadOnlyList<RateGrant> grants)
    {
        var (held, refused, first) = (0, 0, "");
        for (var i = 0; i < asked.Count; i++)
        {
            if (grants[i].Term is { } term)
            {
                held++;
                if (term == 0)
                    continue; // the agent writes it
                asked[i].Rate.Set(wishes[i].Rate, term);
                _written.Add(asked[i]);
                continue;
            }
            if (grants[i].Refusal is { } refusal && refused++ == 0)
                first = $"pod {grants[i].Pod}: {refusal}";
            Drop(asked[i]);
        }
        (_held, _refused) = (held, refused);
        if (refused > 0)
            Tell("refused", $"The trace sampling rate of {refused} of {held + refused} pods is not ours to set, and asked for again each second; {first}");
        else if (held > 0)
            Tell("held", "The trace sampling rate of every pod that one is wanted for is held");
    }

    private void Drop(MonitoredPod pod)
    {
        pod.Rate.Clear();
        _written.Remove(pod);
    }

    /// <summary>Once for each turn: how many pods it is about changes with every one that comes or goes.</summary>
    private void Tell(string kind, string text)
    {
        if (kind == _told)
            return;
        _told = kind;
        logger.Log(_refused > 0 ? LogLevel.Warning : LogLevel.Information, "{Text}", text);
    }
}
