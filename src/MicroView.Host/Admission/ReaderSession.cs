using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// A connection in the collector role: layouts, files and acknowledgements. Layouts are answered in order;
/// acknowledgements and rates may come while one waits.
/// </summary>
internal sealed class ReaderSession(ControlSession session)
{
    private const int MaxAsked = 4; // an answer may be on its way while the next question comes; a queue is not meant
    private const int LongestWaitMs = 600_000; // a connection that ends is noticed at once, and each answer costs both ends several wake-ups

    private readonly HostState _state = session.State;
    private readonly HashSet<long> _handed = [];
    private ReaderLease? _lease;
    private Task _answering = Task.CompletedTask;
    private int _asked;
    private ulong _lastUntil, _lastAsOf;

    internal async Task RunAsync(ReadRequest request)
    {
        if (!_state.Roles.IsOwn(session.Peer.UserId) && !_state.Roles.IsToken(request.Token))
        {
            await session.RefuseAsync(new(RefusalReason.Forbidden,
                $"uid {session.Peer.UserId} may not read pods; run as root or as uid {_state.UserId}, or give the agent's token")).ConfigureAwait(false);
            return;
        }
        if (NameRules.CheckOptional("reader's name", request.Name) is { } problem)
        {
            await session.RefuseAsync(new(RefusalReason.Invalid, problem)).ConfigureAwait(false);
            return;
        }
        _lease = _state.Readers.Open(request.Name, _state.Book.Generation, session.Cancel);
        try
        {
            _state.Log.Reading(request.Name, session.Peer.UserId, session.Peer.ProcessId);
            await session.SendAsync(new ReadingReply(_state.Options.LeaseMs)).ConfigureAwait(false);
            while (await session.ReceiveAsync().ConfigureAwait(false) is { } received)
                await HandleAsync(received).ConfigureAwait(false);
        }
        finally
        {
            session.Cancel();
            await _answering.ConfigureAwait(false);
            LeavePods();
            _state.Readers.Close(_lease);
            _state.Retirement.Release();
        }
    }

    private async ValueTask HandleAsync(ReceivedMessage received)
    {
        if (received.Files.Count > 0)
        {
            received.CloseFiles();
            throw new ControlProtocolException("a reader sends no descriptors");
        }
        switch (received.Message)
        {
            case LayoutRequest request:
                if (Interlocked.Increment(ref _asked) > MaxAsked)
                    throw new ControlProtocolException($"more than {MaxAsked} layouts are asked for at once");
                _state.Readers.Wait(_lease!);
                _answering = AnswerAsync(_answering, request);
                break;
            case AckMessage ack:
                _state.Readers.Acknowledge(_lease!, Math.Min(ack.Generation, _state.Book.Generation));
                _state.Retirement.Release();
                break;
            case RateRequest request:
                await SetRateAsync(request).ConfigureAwait(false);
                break;
            default:
                throw new ControlProtocolException("after read come layout, ack or rate");
        }
    }

    /// <summary>Never throws: a failure ends the session.</summary>
    private async Task AnswerAsync(Task earlier, LayoutRequest request)
    {
        try
        {
            await earlier.ConfigureAwait(false);
            await WaitAsync(request).ConfigureAwait(false);
            var removals = request.Since == _lastUntil ? _lastAsOf : request.Since;
            var update = _state.Book.Since(request.Since, removals, LayoutLimits.BytesPerUpdate, out var asOf, out var changed);
            var missing = await HandFilesAsync(changed).ConfigureAwait(false);
            (_lastUntil, _lastAsOf) = (update.Generation, asOf);
            if (missing.Count > 0)
                update = update with { Pods = [.. update.Pods.Where(pod => !missing.Contains(pod.Pod))] };
            await session.SendAsync(new LayoutReply(update)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            session.Cancel();
        }
        catch (Exception error)
        {
            _state.Log.Unexpected("a layout's answer", error.ToString());
            session.Cancel();
        }
        finally
        {
            Interlocked.Decrement(ref _asked);
        }
    }

    /// <summary>Waits for a change; meanwhile the connection is the lease, and afterwards the reader must be heard of again.</summary>
    private async Task WaitAsync(LayoutRequest request)
    {
        try
        {
            var wait = TimeSpan.FromMilliseconds(Math.Clamp(request.TimeoutMs, 0, LongestWaitMs));
            await _state.Book.WaitPastAsync(request.Since, wait, session.Cancelled).ConfigureAwait(false);
        }
        finally
        {
            _state.Readers.Answer(_lease!);
        }
    }

    /// <summary>Hands over the objects that this session has not been given; answers the pods that went away meanwhile.</summary>
    private async Task<HashSet<string>> HandFilesAsync(List<ServedPod> changed)
    {
        var missing = new HashSet<string>();
        var owners = new List<FileOwner>();
        var files = new List<SafeFileHandle>();
        try
        {
            foreach (var pod in changed)
                foreach (var (key, layout) in _state.Book.ObjectsOf(pod))
                {
                    if (!_handed.Add(key))
                        continue;
                    if (Open(pod, layout.Index) is not { } file)
                    {
                        _handed.Remove(key);
                        missing.Add(pod.Id);
                        continue;
                    }
                    files.Add(file);
                    owners.Add(new(pod.Id, layout.Index, layout.Epoch));
                    if (files.Count == ControlChannel.MaxFiles)
                        await FlushAsync(owners, files).ConfigureAwait(false);
                }
            if (files.Count > 0)
                await FlushAsync(owners, files).ConfigureAwait(false);
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
        Forget();
        return missing;
    }

    private SafeFileHandle? Open(ServedPod pod, int index)
    {
        try
        {
            return pod.Memory.OpenReadOnly(index);
        }
        catch (SystemCallException error) when (error.IsDenied)
        {
            // Its client took the permission away: that hides its own pod, and costs no reader the others.
            _state.Metrics.Refused(RefusalReason.Untrusted);
            return null;
        }
    }

    private async Task FlushAsync(List<FileOwner> owners, List<SafeFileHandle> files)
    {
        await session.SendAsync(new FilesMessage([.. owners]), files).ConfigureAwait(false);
        files.ForEach(file => file.Dispose());
        files.Clear();
        owners.Clear();
    }

    /// <summary>Forgets the keys of objects that are gone, now and then, so that a long session does not grow.</summary>
    private void Forget()
    {
        if (_handed.Count < 1024)
            return;
        var pods = _state.Book.Snapshot();
        if (_handed.Count > 4 * pods.Length)
            _handed.IntersectWith(pods.SelectMany(pod => _state.Book.ObjectsOf(pod)).Select(held => held.Key));
    }

    private ValueTask SetRateAsync(RateRequest request)
    {
        if (!(request.Rate >= 0 && request.Rate <= 1))
            return session.RefuseAsync(new(RefusalReason.Invalid, "the rate is not between 0 and 1"));
        if (_state.Book.Find(request.Pod) is not { } pod)
            return session.RefuseAsync(new(RefusalReason.NotFound, "no pod of that id"));
        var holder = pod.Rate.Set(pod.Memory, this, _lease!.Name, request.Rate, Clocks.MonotonicNs, _state.Readers);
        _state.MoveRates();
        return holder is not null
            ? session.RefuseAsync(new(RefusalReason.Forbidden, $"the rate of '{pod.Id}' is held by '{holder}' until it falls silent"))
            : session.SendAsync(new OkReply());
    }

    private void LeavePods()
    {
        foreach (var pod in _state.Book.Snapshot())
            pod.Rate.Leave(this);
    }
}
