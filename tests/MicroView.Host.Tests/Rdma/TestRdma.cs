using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host.Tests;

/// <summary>
/// What stands in for a device: regions are handed out and counted, queue pairs go through their states, and everything is written into one
/// list in the order in which it happened. What only a device can show (keys that are refused, packets) is shown by the RDMA suite.
/// </summary>
internal sealed class TestRdma : IRegistrar
{
    private uint _key = 100;

    /// <summary>What happened, in order: "register …", "deregister …", "connect 0", "reset 0".</summary>
    internal ConcurrentQueue<string> Journal { get; } = new();

    /// <summary>Regions that are registered.</summary>
    internal ConcurrentDictionary<uint, TestRegion> Live { get; } = new();

    internal List<TestQueue> Queues { get; } = [];

    /// <summary>Called before each registration, with its subject; throws to refuse it.</summary>
    internal Action<string> BeforeRegister { get; set; } = _ => { };

    internal int Registrations => Journal.Count(line => line.StartsWith("register ", StringComparison.Ordinal));

    public IRegion Register(nint address, long length, RegionAccess access, object? owner, string subject)
    {
        BeforeRegister(subject);
        var region = new TestRegion(this, address, length, access, owner, Interlocked.Increment(ref _key), subject);
        Live[region.RemoteKey] = region;
        Journal.Enqueue($"register {subject}");
        return region;
    }

    /// <summary>As a kernel whose limit of locked memory is reached says it.</summary>
    internal static VerbsException NoLockedMemory(string subject) =>
        new("ibv_reg_mr", subject, 12, $"ibv_reg_mr failed on {subject}: Cannot allocate memory (errno 12); locked memory is limited to 8 MiB");

    internal HostRdma Serve(HostState state, int queues = 2)
    {
        for (var i = 0; i < queues; i++)
            Queues.Add(new(this, i));
        return new(state, this, Queues);
    }

    /// <summary>An agent that serves this.</summary>
    internal Task<TestAgent> StartAgentAsync(int queues = 2, Func<HostOptions, HostOptions>? change = null, ILoggerFactory? loggers = null) =>
        TestAgent.StartAsync(change, open: (HostState state, VerbsState _, out string reason) =>
        {
            reason = "";
            return Serve(state, queues);
        }, loggers: loggers);

    /// <summary>An agent's state without its threads and servers.</summary>
    internal HostState NewState(HostOptions? options = null, ILogger? log = null, int queues = 2)
    {
        var state = new HostState(options ?? new(), null, log ?? NullLogger.Instance);
        state.Rdma = Serve(state, queues);
        return state;
    }
}

/// <summary>A region of <see cref="TestRdma"/>; its bytes can be read while what it was registered from is mapped.</summary>
internal sealed class TestRegion(TestRdma device, nint address, long length, RegionAccess access, object? owner, uint key, string subject) : IRegion
{
    private bool _disposed;

    public ulong Address => (ulong)address;

    public uint RemoteKey => key;

    public uint LocalKey => key + 1_000_000;

    public long Length => length;

    internal RegionAccess Access => access;

    internal object? Owner => owner;

    internal string Subject => subject;

    /// <summary>What a READ of so many bytes from its beginning brings.</summary>
    internal byte[] Read(int bytes)
    {
        Assert.False(_disposed, $"{subject} is deregistered");
        Assert.InRange(bytes, 1, length);
        var image = new byte[bytes];
        Marshal.Copy(address, image, 0, bytes);
        return image;
    }

    public void Dispose()
    {
        Assert.False(_disposed, $"{subject} is deregistered twice");
        _disposed = true;
        device.Live.TryRemove(key, out _);
        device.Journal.Enqueue($"deregister {subject}");
    }
}

/// <summary>A queue pair of <see cref="TestRdma"/>.</summary>
internal sealed class TestQueue(TestRdma device, int index) : IAnsweringQueue
{
    private int _inside;

    public QueuePairEnd End { get; } = new((uint)(1000 + index), "0000:0000:0000:0000:0000:ffff:0a09:0001") { Psn = 77, Mtu = 1024, MaxRdAtomic = 16 };

    /// <summary>The state that the device tells.</summary>
    internal QueuePairState Now { get; set; }

    /// <summary>Why the device does not tell it.</summary>
    internal string? Mute { get; set; }

    /// <summary>Called inside of a connect; throws to refuse it.</summary>
    internal Action Connecting { get; set; } = () => { };

    internal List<QueuePairEnd> Peers { get; } = [];

    internal bool IsDisposed { get; private set; }

    public QueuePairState State => Alone(() => Mute is { } problem ? throw new IOException(problem) : Now);

    public void Connect(QueuePairEnd peer, Gid gid) => Alone(() =>
    {
        Peers.Add(peer);
        Connecting();
        device.Journal.Enqueue($"connect {index}");
        return Now = QueuePairState.ReadyToSend;
    });

    public void Reset() => Alone(() =>
    {
        device.Journal.Enqueue($"reset {index}");
        return Now = QueuePairState.Reset;
    });

    public void Dispose() => IsDisposed = true;

    /// <summary>A queue pair is for one caller at a time.</summary>
    private T Alone<T>(Func<T> call)
    {
        Assert.Equal(1, Interlocked.Increment(ref _inside));
        try
        {
            return call();
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class LogKeeper : ILogger, ILoggerFactory
{
    private readonly ConcurrentQueue<(LogLevel Level, string Line)> _lines = new();

    internal IEnumerable<(LogLevel Level, string Line)> Lines => _lines;

    internal int Count(string text) => _lines.Count(line => line.Line.Contains(text, StringComparison.Ordinal));

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, formatter(state, exception)));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
        // It keeps lines and writes them nowhere.
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
