using Microsoft.Extensions.Logging;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>The alerts of a collector: their book, and a sender for each Alertmanager.</summary>
internal sealed class AlertDispatch : IAsyncDisposable
{
    private readonly AlertBook _book;
    private readonly AlertSender[] _senders;

    public AlertDispatch(AlertOptions options, string node, Func<Uri?> endpoint, CollectorClock clock, ILogger logger)
    {
        _book = new(node, () => options.ExternalUrl ?? endpoint(), clock);
        _senders = [.. options.Receivers.Distinct().Select(address => new AlertSender(_book, new AlertReceiver(address, options), options.Interval, clock, logger))];
    }

    public void Start()
    {
        foreach (var sender in _senders)
            sender.Start();
    }

    /// <summary>Takes what is open now.</summary>
    public void Observe(ApplicationsView view)
    {
        if (!_book.Observe(view))
            return;
        foreach (var sender in _senders)
            sender.Wake();
    }

    public void Join(ExpositionDocument document)
    {
        var self = new SelfMetrics(document);
        self.GaugeFunc("microview_alerts_firing", "Alerts that fire now.", () => _book.List.Firing.Count);
        foreach (var sender in _senders)
        {
            Label receiver = ("receiver", sender.Address.AbsoluteUri);
            self.GaugeFunc("microview_alertmanager_up", "0 while the last request to an Alertmanager failed.", () => sender.IsUp ? 1 : 0, receiver);
            self.CounterFunc("microview_alertmanager_sent_total", "Alerts that an Alertmanager took, each time it did.", () => sender.Accepted, receiver);
            self.CounterFunc("microview_alertmanager_failed_requests_total", "Requests to an Alertmanager that failed.", () => sender.Failures, receiver);
            self.CounterFunc("microview_alertmanager_dropped_total", "Alerts whose begin or end an Alertmanager was never told.", () => sender.Dropped, receiver);
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_senders.Select(sender => sender.DisposeAsync().AsTask())).ConfigureAwait(false);
}
