namespace MicroView.Client;

/// <summary>Counts what went wrong and tells each problem once. Thread-safe; never throws, whatever the listener does.</summary>
internal sealed class ProblemLog(Action<string>? listener)
{
    private const int MaxRemembered = 256; // bounds memory; what comes later is counted only

    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private long _inert, _rejected;

    internal long InertMetrics => Interlocked.Read(ref _inert);

    internal long RejectedSlots => Interlocked.Read(ref _rejected);

    internal void CountInert(string problem)
    {
        Interlocked.Increment(ref _inert);
        TellOnce("a metric is not shown: " + problem);
    }

    internal void CountRejected(string problem)
    {
        Interlocked.Increment(ref _rejected);
        TellOnce("the agent rejected a metric: " + problem);
    }

    internal void TellOnce(string problem)
    {
        lock (_told)
            if (_told.Count >= MaxRemembered || !_told.Add(problem))
                return;
        Tell(problem);
    }

    internal void Tell(string line)
    {
        try
        {
            listener?.Invoke("microview: " + line);
        }
        catch (Exception)
        {
            // The listener is the application's; its failures are not ours to raise on our thread or its.
        }
    }
}
