using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroView.Serving;

/// <summary>
/// The listening sockets of servers that follow each other: the first server's binding opens them, a later one's takes them over in the same order. Connections that
/// come in between wait. Thread-safe.
/// </summary>
internal sealed class KeptPorts : IConnectionListenerFactory, IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<KeptPort> _ports = [];
    private readonly SemaphoreSlim _quiet = new(0, 1);
    private int _bound;
    private int _connections;

    /// <summary>The next binding is the first of another server.</summary>
    public void Rewind() => _bound = 0;

    /// <summary>The socket of this binding's turn.</summary>
    /// <exception cref="AddressInUseException">The port is somebody else's.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_bound == _ports.Count)
                _ports.Add(new KeptPort(endpoint));
            return new(new Listener(this, _ports[_bound++]));
        }
    }

    /// <summary>Ends when a client has connected.</summary>
    public async Task ClientAsync(CancellationToken cancellation)
    {
        using var found = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var waits = _ports.ConvertAll(port => port.Clients.WaitToReadAsync(found.Token).AsTask());
        _ = await Task.WhenAny(waits).ConfigureAwait(false);
        await found.CancelAsync().ConfigureAwait(false);
        foreach (var wait in waits)
            await ((Task)wait).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Ends when nobody has been connected for <paramref name="time"/>.</summary>
    public async Task BecomeIdleAsync(TimeSpan time, CancellationToken cancellation)
    {
        while (true)
        {
            var patience = Volatile.Read(ref _connections) > 0 ? Timeout.InfiniteTimeSpan : time;
            var hasMoved = await _quiet.WaitAsync(patience, cancellation).ConfigureAwait(false);
            if (!hasMoved && Volatile.Read(ref _connections) == 0)
                return;
        }
    }

    /// <summary>Closes all of them; connections go on.</summary>
    public void Dispose()
    {
        foreach (var port in _ports)
            port.Dispose();
    }

    private void Opened() => Interlocked.Increment(ref _connections);

    private void Closed()
    {
        if (Interlocked.Decrement(ref _connections) == 0)
            Signal();
    }

    private void Signal()
    {
        lock (_quiet)
            if (_quiet.CurrentCount == 0)
                _quiet.Release();
    }

    /// <summary>A server's view of a port.</summary>
    private sealed class Listener(KeptPorts ports, KeptPort port) : IConnectionListener
    {
        private readonly CancellationTokenSource _unbound = new();
        private readonly SocketConnectionContextFactory _contexts = new(new SocketConnectionFactoryOptions(), NullLogger.Instance);

        public EndPoint EndPoint => port.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, cancellationToken);
                ConnectionContext? connection;
                while ((connection = TryServe(await port.Clients.ReadAsync(either.Token).ConfigureAwait(false))) is null)
                {
                    // Who waited has gone again; whatever escapes from here would close the port.
                }
                ports.Opened();
                _ = connection.ConnectionClosed.UnsafeRegister(static ports => ((KeptPorts)ports!).Closed(), ports);
                return connection;
            }
            catch (Exception error) when (error is OperationCanceledException or ChannelClosedException)
            {
                return null;
            }
        }

        private ConnectionContext? TryServe(Socket client)
        {
            try
            {
                return _contexts.Create(client);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                client.Dispose();
                return null;
            }
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default) => await _unbound.CancelAsync().ConfigureAwait(false);

        public ValueTask DisposeAsync()
        {
            _unbound.Cancel();
            _contexts.Dispose();
            return default;
        }
    }
}

/// <summary>A listening socket and who has come.</summary>
internal sealed class KeptPort : IDisposable
{
    private const int Backlog = 512;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private readonly Socket _socket;
    private readonly Channel<Socket> _clients = Channel.CreateBounded<Socket>(1);
    private readonly CancellationTokenSource _closed = new();

    /// <exception cref="AddressInUseException">The port is somebody else's.</exception>
    /// <exception cref="SocketException">It cannot be opened for another reason.</exception>
    public KeptPort(EndPoint endpoint)
    {
        try
        {
            _socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            _socket.Listen(Backlog);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            _socket?.Dispose();
            throw new AddressInUseException(error.Message, error);
        }
        _ = AcceptAsync();
    }

    public EndPoint EndPoint => _socket.LocalEndPoint!;

    public ChannelReader<Socket> Clients => _clients.Reader;

    public void Dispose()
    {
        _closed.Cancel();
        _socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_closed.IsCancellationRequested)
        {
            Socket? client = null;
            try
            {
                client = await _socket.AcceptAsync(_closed.Token).ConfigureAwait(false);
                if (client.AddressFamily != AddressFamily.Unix)
                    client.NoDelay = true;
                await _clients.Writer.WriteAsync(client, _closed.Token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                client?.Dispose();
                break;
            }
            catch (SocketException)
            {
                // The client is gone again, or there are no descriptors: others wait.
                client?.Dispose();
                await Task.Delay(s_pause, CancellationToken.None).ConfigureAwait(false);
            }
        }
        _clients.Writer.TryComplete();
        while (_clients.Reader.TryRead(out var waiting))
            waiting.Dispose();
    }
}
