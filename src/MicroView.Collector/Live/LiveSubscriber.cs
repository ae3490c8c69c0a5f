using System.Buffers;

namespace MicroView.Collector;

/// <summary>
/// One open page: frames are copied into what it has not been sent yet, so that who posts them never waits for it. When too much has piled up, it is
/// given up. Posting is for one thread at a time, sending for another.
/// </summary>
internal sealed class LiveSubscriber : IDisposable
{
    private const int LeastLimit = 1 << 20;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly Action<LiveSubscriber> _leave;
    private ArrayBufferWriter<byte> _pending = new(16 * 1024), _sending = new(16 * 1024);
    private int _limit = LeastLimit;

    /// <param name="leave">Called when it is disposed.</param>
    public LiveSubscriber(Action<LiveSubscriber> leave) => _leave = leave;

    /// <summary>It was too slow, and gets nothing more.</summary>
    public bool IsDropped { get; private set; }

    /// <summary>Adds a frame; false when the page is too slow for it.</summary>
    /// <param name="frame">Whole; copied.</param>
    /// <param name="isFirst">Everything at once, however large: what may pile up behind it goes by its size.</param>
    public bool Post(ReadOnlySpan<byte> frame, bool isFirst = false)
    {
        lock (_gate)
        {
            if (isFirst)
                _limit = Math.Max(LeastLimit, 2 * frame.Length);
            IsDropped |= _pending.WrittenCount + frame.Length > _limit;
            if (!IsDropped)
                _pending.Write(frame);
            if (_signal.CurrentCount == 0)
                _signal.Release();
            return !IsDropped;
        }
    }

    /// <summary>Sends what is posted, until the cancellation or until it is given up.</summary>
    /// <param name="body">The response.</param>
    /// <param name="cancellation">Ends it with an <see cref="OperationCanceledException"/>.</param>
    public async Task SendAsync(Stream body, CancellationToken cancellation)
    {
        while (true)
        {
            await _signal.WaitAsync(cancellation).ConfigureAwait(false);
            lock (_gate)
            {
                if (IsDropped)
                    return;
                (_pending, _sending) = (_sending, _pending);
            }
            await body.WriteAsync(_sending.WrittenMemory, cancellation).ConfigureAwait(false);
            await body.FlushAsync(cancellation).ConfigureAwait(false);
            _sending.ResetWrittenCount();
        }
    }

    public void Dispose()
    {
        _leave(this);
        lock (_gate)
            _signal.Dispose();
    }
}
