namespace MicroView.Collector;

/// <summary>The trace sampling rates that somebody wants pods to have: one for all, and exceptions. Thread-safe.</summary>
internal sealed class TraceRates
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, double> _pods = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private double? _all;

    /// <summary>Wants a rate for a pod, or for all without one of their own.</summary>
    /// <param name="pod">Its id; null: all.</param>
    /// <param name="rate">Probability, 0…1; null: none is wanted.</param>
    public void Want(string? pod, double? rate)
    {
        if (rate is { } value && !(value >= 0 && value <= 1))
            throw new ArgumentOutOfRangeException(nameof(rate), value, "a sampling rate is between 0 and 1");
        lock (_gate)
        {
            if (pod is null)
                _all = rate;
            else if (rate is { } wanted)
                _pods[pod] = wanted;
            else
                _pods.Remove(pod);
            _changed.TrySetResult();
        }
    }

    /// <summary>Whether nothing is wanted for any pod.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _all is null && _pods.Count == 0;
        }
    }

    /// <summary>What is wanted for a pod; null: nothing.</summary>
    public double? Of(string pod)
    {
        lock (_gate)
            return _pods.TryGetValue(pod, out var rate) ? rate : _all;
    }

    /// <summary>Waits for a change since the last wait, or for the time, which may be infinite. For one caller.</summary>
    public async Task WaitAsync(TimeSpan period, CancellationToken cancellation)
    {
        Task changed;
        lock (_gate)
            changed = _changed.Task;
        // A delay without end would outlive the change that it lost to.
        if (period == Timeout.InfiniteTimeSpan)
            await changed.WaitAsync(cancellation).ConfigureAwait(false);
        else
            await Task.WhenAny(changed, Task.Delay(period, cancellation)).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
            if (_changed.Task.IsCompleted)
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
