using System.Security.Cryptography;

namespace MicroView.Protocol;

/// <summary>
/// What is read from files that others replace while we run (a renewed certificate, a rotated token): looked at again when it is used, at most every
/// <see cref="Pause"/>. Files that cannot be read or used leave what there was. Thread-safe.
/// </summary>
/// <remarks>By content and not by time: a mounted secret is replaced by moving a link, and the link's own time does not change.</remarks>
internal sealed class FollowedFiles<T> where T : class
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly object _lock = new();
    private readonly string[] _paths;
    private readonly Func<T> _load;
    private readonly Action<string>? _complain;
    private readonly TimeProvider _clock;
    private byte[] _seen;
    private long _lookedAt;
    private volatile T _value;

    /// <summary>Loads them for the first time.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="load">Makes the value of them.</param>
    /// <param name="complain">Is told, in one line, why newer files were not taken.</param>
    /// <param name="clock">For tests.</param>
    /// <exception cref="IOException">A file cannot be read, or <paramref name="load"/> says so.</exception>
    public FollowedFiles(string[] paths, Func<T> load, Action<string>? complain = null, TimeProvider? clock = null)
    {
        (_paths, _load, _complain, _clock) = (paths, load, complain, clock ?? TimeProvider.System);
        (_seen, _value, _lookedAt) = (Look(), load(), _clock.GetTimestamp());
    }

    /// <summary>What the files hold, as of the last look.</summary>
    public T Value
    {
        get
        {
            if (_clock.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= Pause)
                Follow();
            return _value;
        }
    }

    private void Follow()
    {
        if (!Monitor.TryEnter(_lock))
            return; // somebody is at it
        try
        {
            Volatile.Write(ref _lookedAt, _clock.GetTimestamp());
            var now = Look();
            if (now.AsSpan().SequenceEqual(_seen))
                return;
            _seen = now; // what is of no use is complained of once
            _value = _load();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _complain?.Invoke(error.Message);
        }
        finally
        {
            Monitor.Exit(_lock);
        }
    }

    private byte[] Look()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in _paths)
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(path)));
        return hash.GetHashAndReset();
    }
}
