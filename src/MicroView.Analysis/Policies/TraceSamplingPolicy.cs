namespace MicroView.Analysis;

/// <summary>Rates of trace sampling. Immutable and thread-safe.</summary>
public sealed record TraceSamplingOptions
{
    /// <summary>Probability with which a trace of an application without an alarm is kept, 0…1.</summary>
    public double BaseRate { get; init; } = 0.01;

    /// <summary>The same during an alarm, 0…1; at least the base rate.</summary>
    public double AlarmRate { get; init; } = 1;

    /// <summary>Seconds that the alarm's rate stands after the application's last alarm.</summary>
    public double HoldSeconds { get; init; } = 10;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="ArgumentException">A rate is none; one line says which.</exception>
    public void Validate()
    {
        if (!(BaseRate >= 0 && BaseRate <= 1))
            throw new ArgumentException($"the trace base rate must be 0 to 1, not {BaseRate}");
        if (!(AlarmRate >= BaseRate && AlarmRate <= 1))
            throw new ArgumentException($"the trace rate of an alarm must be from the base rate, {BaseRate}, to 1, not {AlarmRate}");
        if (!(HoldSeconds >= 0 && HoldSeconds <= 86_400))
            throw new ArgumentException($"the hold time of trace rates must be 0 to 86400 s, not {HoldSeconds}");
    }
}

/// <summary>
/// Decides applications' trace sampling rates: the alarm's rate while an alarm of any of its pods is open and for the hold time after,
/// the base rate otherwise. Goes by what is open now, so a pod that went away holds nothing. Time is passed in. Not thread-safe; what it
/// answers is immutable. Source: the paper, section 6.3, decided online.
/// </summary>
public sealed class TraceSamplingPolicy
{
    private readonly TraceSamplingOptions _options;
    private readonly long _holdNs;
    private readonly Dictionary<string, long> _until = new(StringComparer.Ordinal);

    /// <summary>A policy without an alarm.</summary>
    /// <exception cref="ArgumentException">A rate is none.</exception>
    public TraceSamplingPolicy(TraceSamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _holdNs = (long)(options.HoldSeconds * 1e9);
        Rates = new(options, []);
    }

    /// <summary>The rates as last decided.</summary>
    public TraceRateTable Rates { get; private set; }

    /// <summary>Takes the applications that have an open alarm; true when a rate changes.</summary>
    /// <param name="alarmed">Their names; one may come twice.</param>
    /// <param name="nowNs">A monotonic clock, ns.</param>
    public bool Observe(IEnumerable<string> alarmed, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(alarmed);
        var changed = false;
        foreach (var application in alarmed)
        {
            changed |= !_until.ContainsKey(application);
            _until[application] = long.MaxValue; // open: no end in sight
        }
        foreach (var (application, end) in _until)
        {
            // Removing, and storing under a key that is there, are allowed while a dictionary is walked through.
            if (end == long.MaxValue)
                _until[application] = nowNs + _holdNs;
            else if (end <= nowNs)
                changed |= _until.Remove(application);
        }
        if (changed)
            Rates = new(_options, [.. _until.Keys]);
        return changed;
    }
}

/// <summary>Rates of applications at one moment. Immutable and thread-safe.</summary>
public sealed class TraceRateTable
{
    private readonly TraceSamplingOptions _options;
    private readonly HashSet<string> _raised;

    internal TraceRateTable(TraceSamplingOptions options, HashSet<string> raised) => (_options, _raised) = (options, raised);

    /// <summary>Whether any application's rate is the alarm's.</summary>
    public bool IsRaised => _raised.Count > 0;

    /// <summary>The rate of what is no application.</summary>
    public double BaseRate => _options.BaseRate;

    /// <summary>An application's rate.</summary>
    public double Of(string application) => _raised.Contains(application) ? _options.AlarmRate : _options.BaseRate;

    /// <summary>The rate of what belongs to several applications: the largest.</summary>
    public double Of(IReadOnlyList<string> applications)
    {
        ArgumentNullException.ThrowIfNull(applications);
        foreach (var application in applications)
            if (_raised.Contains(application))
                return _options.AlarmRate;
        return _options.BaseRate;
    }
}
