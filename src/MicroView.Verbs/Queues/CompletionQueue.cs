using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>Where requests end (ibv_cq), with a channel to sleep on. Poll and Wait belong to one thread; Dispose to any.</summary>
public sealed unsafe class CompletionQueue : IDisposable
{
    private const int Batch = 16;

    private readonly ChannelHandle _channel;
    private readonly string _subject;

    /// <summary>The completion that Wait's look has taken; the next Poll hands it out first.</summary>
    private ibv_wc _seen;
    private bool _hasSeen;

    internal CompletionQueue(ContextHandle context, int entries, string device)
    {
        _subject = $"a completion queue of {device}";
        using var contextUse = context.Hold();
        var verbs = (ibv_context*)contextUse.Pointer;
        _channel = new ChannelHandle(context);
        _channel.Take((nint)Ibverbs.ibv_create_comp_channel(verbs), "ibv_create_comp_channel", device);
        try
        {
            using var channel = _channel.Hold();
            MakeNonBlocking(((ibv_comp_channel*)channel.Pointer)->fd);
            Handle = new CompletionQueueHandle(_channel);
            Handle.Take((nint)Ibverbs.ibv_create_cq(verbs, entries, null, (ibv_comp_channel*)channel.Pointer, 0), "ibv_create_cq", $"{device} (a queue of {entries} completions)");
        }
        catch
        {
            _channel.Dispose();
            throw;
        }
        using var queue = Handle.Hold();
        Capacity = ((ibv_cq*)queue.Pointer)->cqe;
    }

    /// <summary>Completions that it holds: what was asked for, or more.</summary>
    public int Capacity { get; }

    internal CompletionQueueHandle Handle { get; }

    /// <summary>Takes up to that many completions; never waits, never allocates.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="VerbsException">The queue is broken: it has overflowed, or the device is gone.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    [SkipLocalsInit]
    public int Poll(Span<Completion> into)
    {
        using var use = Handle.Hold();
        var queue = (ibv_cq*)use.Pointer;
        var taken = 0;
        if (_hasSeen && into.Length > 0)
        {
            into[taken++] = Convert(_seen);
            _hasSeen = false;
        }
        var batch = stackalloc ibv_wc[Batch];
        while (taken < into.Length)
        {
            var asked = Math.Min(Batch, into.Length - taken);
            var got = Take(queue, asked, batch);
            for (var i = 0; i < got; i++)
                into[taken++] = Convert(batch[i]);
            if (got < asked)
                break;
        }
        return taken;
    }

    /// <summary>
    /// Sleeps until <see cref="Poll"/> has something to take (true), or the time is over (false). No wakeup is lost: the queue is
    /// armed, looked at once more, and only then waited for on the channel's descriptor. Allocates nothing.
    /// </summary>
    /// <param name="timeout">Negative: no end.</param>
    /// <exception cref="VerbsException">The queue is broken.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed; a wait that is under way goes on to its end, and the queue with it.</exception>
    public bool Wait(TimeSpan timeout)
    {
        using var use = Handle.Hold();
        var queue = (ibv_cq*)use.Pointer;
        using var channelUse = _channel.Hold();
        var channel = (ibv_comp_channel*)channelUse.Pointer;
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            // Looking before arming saves the interrupt where there is something already; the look behind it is the one that counts.
            if (Look(queue))
                return true;
            TakeEvents(channel);
            VerbsException.Check(queue->context->req_notify_cq(queue, 0), "ibv_req_notify_cq", _subject);
            if (Look(queue))
                return true;
            var left = timeout < TimeSpan.Zero ? -1 : MillisecondsLeft(timeout - Stopwatch.GetElapsedTime(started));
            if (left == 0)
                return false;
            Sleep(channel->fd, left);
        }
    }

    /// <summary>Destroys it, once no queue pair uses it and no one waits.</summary>
    public void Dispose()
    {
        Handle.Dispose();
        _channel.Dispose();
    }

    private static Completion Convert(in ibv_wc work) => new(work.wr_id, (CompletionStatus)work.status, work.qp_num);

    private static int MillisecondsLeft(TimeSpan left) => (int)Math.Clamp(Math.Ceiling(left.TotalMilliseconds), 0, int.MaxValue);

    private bool Look(ibv_cq* queue)
    {
        if (!_hasSeen)
        {
            fixed (ibv_wc* seen = &_seen)
                _hasSeen = Take(queue, 1, seen) > 0;
        }
        return _hasSeen;
    }

    private int Take(ibv_cq* queue, int count, ibv_wc* into)
    {
        var got = queue->context->poll_cq(queue, count, into);
        return got >= 0 ? got : throw new VerbsException("ibv_poll_cq", _subject, -got, $"ibv_poll_cq failed on {_subject} ({got}): it has overflowed, or the device is gone");
    }

    /// <summary>Events of earlier arming; each one is acknowledged, or destroying the queue would wait for it.</summary>
    private void TakeEvents(ibv_comp_channel* channel)
    {
        ibv_cq* queue;
        void* queueContext;
        while (Ibverbs.ibv_get_cq_event(channel, &queue, &queueContext) == 0)
            Ibverbs.ibv_ack_cq_events(queue, 1);
        var errno = Marshal.GetLastPInvokeError();
        if (errno is not (VerbsValues.EAGAIN or VerbsValues.EINTR))
            throw VerbsException.Of("ibv_get_cq_event", _subject, errno);
    }

    private void Sleep(int file, int milliseconds)
    {
        var entry = new PollEntry { fd = file, events = VerbsValues.POLLIN };
        if (Libc.poll(&entry, 1, milliseconds) < 0 && Marshal.GetLastPInvokeError() is var errno and not VerbsValues.EINTR)
            throw VerbsException.Of("poll", _subject, errno);
    }

    private void MakeNonBlocking(int file)
    {
        var flags = Libc.fcntl(file, VerbsValues.F_GETFL, 0);
        if (flags < 0 || Libc.fcntl(file, VerbsValues.F_SETFL, flags | VerbsValues.O_NONBLOCK) < 0)
            throw VerbsException.Of("fcntl", _subject, Marshal.GetLastPInvokeError());
    }
}
