using System.Globalization;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// The pool: pods, bytes, and the process's descriptors and maps, of which the agent uses at most 80 %, so that it can still answer,
/// log and hand out files when it is full. Thread-safe; its lock is innermost.
/// </summary>
internal sealed class PoolQuota
{
    private const double Share = 0.8;

    private readonly Lock _gate = new();
    private readonly int _maxPods;
    private readonly long _maxBytes, _maxFiles, _maxMaps;
    private int _pods;
    private long _bytes, _files, _maps, _otherFiles, _otherMaps;
    private int _moves, _measuredMoves;

    internal PoolQuota(HostOptions options) : this(options.MaxPods, options.PoolBytes, Machine.DescriptorLimit, Machine.MapLimit)
    {
    }

    internal PoolQuota(int maxPods, long maxBytes, long descriptorLimit, long mapLimit)
    {
        (_maxPods, _maxBytes) = (maxPods, maxBytes);
        _maxFiles = descriptorLimit == long.MaxValue ? long.MaxValue : (long)(descriptorLimit * Share);
        _maxMaps = (long)(mapLimit * Share);
        Measure();
    }

    internal long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>True when pods or connections have come or gone since the last measurement.</summary>
    internal bool HasMoved => Volatile.Read(ref _moves) != _measuredMoves;

    /// <summary>Counts what the rest of the process has open and mapped, which takes milliseconds; for one caller.</summary>
    internal void Measure()
    {
        _measuredMoves = Volatile.Read(ref _moves);
        var files = CountOf(() => Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount());
        var maps = CountOf(() => File.ReadLines("/proc/self/maps").LongCount());
        lock (_gate)
        {
            _otherFiles = Math.Max(files - _files, 0);
            _otherMaps = Math.Max(maps - _maps, 0);
        }
    }

    /// <summary>Takes room for a pod's first object; null, or which quota is used up.</summary>
    internal string? TakePod(long bytes, PodKind kind)
    {
        lock (_gate)
        {
            if (_pods >= _maxPods)
                return $"all {_maxPods} pods are taken; start the agent with a larger --max-pods";
            if (TakeObjectLocked(bytes, kind) is { } problem)
                return problem;
            _pods++;
            _moves++;
            return null;
        }
    }

    /// <summary>Takes room for a further object.</summary>
    internal string? TakeObject(long bytes)
    {
        lock (_gate)
            return TakeObjectLocked(bytes, PodKind.Socket);
    }

    /// <summary>Gives a pod's room back.</summary>
    internal void ReturnPod(long bytes, int objects, PodKind kind)
    {
        lock (_gate)
        {
            _pods--;
            _moves++;
            _bytes -= bytes;
            _files -= objects;
            _maps -= kind == PodKind.Rest ? 0 : objects;
        }
    }

    /// <summary>Gives an object's room back that was not used after all.</summary>
    internal void ReturnObject(long bytes)
    {
        lock (_gate)
        {
            _bytes -= bytes;
            _files--;
            _maps--;
        }
    }

    /// <summary>Takes the two descriptors of a connection; false when there is no room.</summary>
    internal bool TakeConnection()
    {
        lock (_gate)
        {
            if (_files + _otherFiles + 2 > _maxFiles)
                return false;
            _files += 2;
            _moves++;
            return true;
        }
    }

    internal void ReturnConnection()
    {
        lock (_gate)
        {
            _files -= 2;
            _moves++;
        }
    }

    private string? TakeObjectLocked(long bytes, PodKind kind)
    {
        var maps = kind == PodKind.Rest ? 0 : 1;
        if (_bytes + bytes > _maxBytes)
            return string.Create(CultureInfo.InvariantCulture, $"the pool of {_maxBytes} bytes has {_maxBytes - _bytes} left and {bytes} were asked for; start the agent with a larger --pool-size");
        if (_files + _otherFiles + 1 > _maxFiles)
            return $"80 % of the agent's descriptors are in use ({_files + _otherFiles}); raise its limit of open files";
        if (maps > 0 && _maps + _otherMaps + maps > _maxMaps)
            return $"80 % of the agent's maps are in use ({_maps + _otherMaps}); raise vm.max_map_count";
        _bytes += bytes;
        _files++;
        _maps += maps;
        return null;
    }

    private static long CountOf(Func<long> count)
    {
        try
        {
            return count();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
