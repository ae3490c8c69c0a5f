using System.Net.Sockets;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// One connection of the control plane, from its first message to its end. Its loop alone closes it; others ask for that by
/// <see cref="Cancel"/>.
/// </summary>
internal sealed class ControlSession : IDisposable
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(10); // a peer that does not read its answers
    private readonly HostState _state;
    private readonly ControlChannel _channel;
    private readonly ProcessHandle? _process;
    private readonly CancellationTokenSource _cancel = new();

    internal ControlSession(HostState state, Socket socket)
    {
        (_state, Peer, _process) = (state, PeerCredentials.Of(socket), ProcessHandle.OfPeer(socket));
        _channel = new(socket);
        if (_process is not null)
            state.Exits.Add(_process);
    }

    internal PeerCredentials Peer { get; }

    internal HostState State => _state;

    internal CancellationToken Cancelled => _cancel.Token;

    /// <summary>The process that connected; null where the kernel has no handles of processes.</summary>
    internal ProcessHandle? Process => _process;

    /// <summary>Ends the session soon.</summary>
    internal void Cancel()
    {
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // it has ended by itself
        }
    }

    internal async Task RunAsync()
    {
        try
        {
            if (await ReceiveFirstAsync().ConfigureAwait(false) is { } first)
                await ServeAsync(first).ConfigureAwait(false);
        }
        catch (ControlProtocolException error)
        {
            await TryRefuseAsync(new(RefusalReason.Protocol, error.Message)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // the peer is gone, or the agent ends the session
        }
        catch (Exception error)
        {
            _state.Log.Unexpected("a control session", error.ToString());
        }
    }

    internal ValueTask<ReceivedMessage?> ReceiveAsync() => _channel.ReceiveAsync(_cancel.Token);

    /// <summary>Sends, and gives up on a peer that does not read.</summary>
    internal async ValueTask SendAsync(ControlMessage message, IReadOnlyList<Microsoft.Win32.SafeHandles.SafeFileHandle>? files = null)
    {
        var sending = _channel.SendAsync(message, files, _cancel.Token);
        if (sending.IsCompletedSuccessfully)
            return;
        try
        {
            await sending.AsTask().WaitAsync(SendTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Cancel();
            throw new IOException("the peer does not read its answers");
        }
    }

    /// <summary>Counts a refusal and tells the peer.</summary>
    internal ValueTask RefuseAsync(Refusal refusal)
    {
        _state.Refuse(refusal.Reason, Peer, refusal.Problem);
        return SendAsync(refusal.Reply);
    }

    public void Dispose()
    {
        _channel.Dispose();
        if (_process is not null)
            _state.Exits.Remove(_process);
        _process?.Dispose();
        _cancel.Dispose();
    }

    private async Task ServeAsync(ReceivedMessage first)
    {
        switch (first.Message)
        {
            case AttachRequest request when first.Files.Count == 1:
                await new ClientSession(this).RunAsync(request, first.Files[0]).ConfigureAwait(false);
                break;
            case ReadRequest request when first.Files.Count == 0:
                await new ReaderSession(this).RunAsync(request).ConfigureAwait(false);
                break;
            default:
                first.CloseFiles();
                throw new ControlProtocolException("a connection begins with attach and one descriptor, or with read");
        }
    }

    private async Task<ReceivedMessage?> ReceiveFirstAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_cancel.Token);
        timeout.CancelAfter(_state.Options.FirstMessageTimeout);
        try
        {
            return await _channel.ReceiveAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_cancel.IsCancellationRequested)
        {
            await TryRefuseAsync(new(RefusalReason.Silent, $"no message within {_state.Options.FirstMessageTimeout.TotalSeconds} s")).ConfigureAwait(false);
            return null;
        }
    }

    internal async Task TryRefuseAsync(Refusal refusal)
    {
        try
        {
            await RefuseAsync(refusal).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // it is not there any more to be told
        }
    }
}
