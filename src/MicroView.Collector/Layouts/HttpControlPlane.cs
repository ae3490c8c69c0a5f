using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// An agent elsewhere, over HTTP: the long-poll is the lease. The pods are read by RDMA, so that a session begins with the queue pairs connected and
/// keeps them so.
/// </summary>
internal sealed class HttpControlPlane(AgentHttp agent, QueueKeeper queues) : ControlPlane
{
    // Older than any agent's generation: it acknowledges nothing, and opens no lease that has ended.
    private const ulong Nothing = 1;

    private bool _hasLease;

    /// <summary>The lease first, which the queue pairs belong to; then the queue pairs, before pods are read through them.</summary>
    public override async Task<ControlPlaneConnection> OpenAsync(CancellationToken cancellation)
    {
        var first = await WhileRenewingAsync(agent.LayoutAsync(0, 0, cancellation), cancellation).ConfigureAwait(false);
        _hasLease = true;
        await WhileRenewingAsync(ConnectAsync(cancellation), cancellation).ConfigureAwait(false);
        return new HttpConnection(agent, queues, first);
    }

    private async Task<bool> ConnectAsync(CancellationToken cancellation)
    {
        await queues.ConnectAllAsync(cancellation).ConfigureAwait(false);
        return true;
    }

    /// <summary>A layout of thousands of pods takes longer than a lease lasts.</summary>
    private async Task<T> WhileRenewingAsync<T>(Task<T> work, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && await Task.WhenAny(work, Task.Delay(ControlPlaneSession.RenewPeriod, cancellation)).ConfigureAwait(false) != work)
        {
            try
            {
                await agent.RenewAsync(Nothing, cancellation).ConfigureAwait(false);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                // The work says what is wrong, and must have ended before another begins.
            }
        }
        return await work.ConfigureAwait(false);
    }

    public override Task LeaveAsync() => _hasLease ? agent.LeaveAsync() : Task.CompletedTask;

    public override void Dispose() => agent.Dispose();
}

/// <summary>A session over HTTP. It is over when a poll fails, when the agent has forgotten what it told, or when its queue pairs are another's.</summary>
internal sealed class HttpConnection : ControlPlaneConnection
{
    private readonly AgentHttp _agent;
    private readonly QueueKeeper _queues;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _keeping;
    private readonly ulong _begun;
    private LayoutUpdate? _first;
    private IOException? _lost;

    public HttpConnection(AgentHttp agent, QueueKeeper queues, LayoutUpdate first)
    {
        (_agent, _queues, _first, _begun) = (agent, queues, first, first.Generation);
        _keeping = KeepAsync();
    }

    public override string Place => _agent.Place;

    public override int PatienceMs => 1000;

    public override async Task<LayoutUpdate> AskAsync(ulong since, int timeoutMs, HandedFiles files, CancellationToken cancellation)
    {
        if (since == 0 && Interlocked.Exchange(ref _first, null) is { } first)
            return first;
        var update = await UnlessLostAsync(token => _agent.LayoutAsync(since, timeoutMs, token), cancellation).ConfigureAwait(false);
        return since != 0 && update.Full ? throw new IOException("the agent was started again, or has not heard of this collector for longer than its lease") : update;
    }

    public override void BeginReading() => _queues.HandOver();

    /// <summary>The next poll says it.</summary>
    public override Task AcknowledgeAsync(ulong generation, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Until the first layout is in force nothing is read at all, so that nothing older than it is.</summary>
    public override async Task RenewAsync(ulong acknowledged, CancellationToken cancellation) =>
        await UnlessLostAsync(async token =>
        {
            await _agent.RenewAsync(Math.Max(acknowledged, _begun), token).ConfigureAwait(false);
            return true;
        }, cancellation).ConfigureAwait(false);

    public override async Task<IReadOnlyList<RateGrant>> HoldAsync(IReadOnlyList<RateWish> wishes, CancellationToken cancellation)
    {
        var terms = await _agent.TermsAsync([.. wishes.Select(wish => wish.Pod)], cancellation).ConfigureAwait(false);
        // Neither a term nor a holder: the pod has gone meanwhile.
        return [.. terms.Select(term => new RateGrant(term.Pod, term.Term, term.Term is null && term.Holder is { } holder ? $"'{holder}' holds it" : null))];
    }

    public override async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        _over.Dispose();
    }

    private async Task<T> UnlessLostAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _over.Token);
        try
        {
            return await ask(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_lost is not null)
        {
            throw _lost;
        }
    }

    private async Task KeepAsync()
    {
        try
        {
            await _queues.KeepAsync(_over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The session ends.
        }
        catch (IOException error)
        {
            _lost = error;
            await _over.CancelAsync().ConfigureAwait(false);
        }
    }
}
