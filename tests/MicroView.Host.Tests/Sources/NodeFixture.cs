using Microsoft.Extensions.Logging.Abstractions;

namespace MicroView.Host.Tests;

/// <summary>A proc and a cgroup tree in a folder, sampled tick by tick.</summary>
internal sealed class NodeFixture : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("microview-node").FullName;
    private NodeSampler? _sampler;

    public NodeFixture()
    {
        Write("proc/stat", "cpu 1 2 3\nbtime 1700000000\n");
        Directory.CreateDirectory($"{_root}/cgroup");
    }

    public RecordingPods Pods { get; init; } = new();

    public NodeSourceOptions Options => new()
    {
        ProcRoot = $"{_root}/proc", CgroupRoot = $"{_root}/cgroup", LogRoot = $"{_root}/log", DockerRoot = $"{_root}/docker",
        MinimumAge = TimeSpan.Zero, IdleRefresh = TimeSpan.Zero, Linger = TimeSpan.Zero, SlowInterval = TimeSpan.FromMilliseconds(100),
    };

    public NodeSampler Sampler => _sampler ??= new(Pods, Options, NullLogger.Instance);

    public NodeSampler With(Func<NodeSourceOptions, NodeSourceOptions> change) => _sampler = new(Pods, change(Options), NullLogger.Instance);

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName($"{_root}/{path}")!);
        var temporary = $"{_root}/{path}"; // in place: a kernel file keeps its inode
        File.WriteAllText(temporary, text);
    }

    public void Remove(string path)
    {
        if (Directory.Exists($"{_root}/{path}"))
            Directory.Delete($"{_root}/{path}", recursive: true);
        else
            File.Delete($"{_root}/{path}");
    }

    /// <summary>A process: stat, statm and cmdline; what else is wanted is written by the test.</summary>
    public void Process(int id, string command, string name = "app", long ticks = 0, long start = 100, char state = 'S', long flags = 4194304, long faults = 0, string cgroup = "0::/", int threads = 3)
    {
        Write($"proc/{id}/stat", $"{id} ({name}) {state} 1 {id} {id} 0 -1 {flags} {faults} 0 2 0 {ticks} 0 0 0 20 0 {threads} 0 {start} 8192000 500 18446744073709551615 1 1 0\n");
        Write($"proc/{id}/statm", "2000 500 200 10 0 300 0\n");
        Write($"proc/{id}/cmdline", command.Replace(' ', '\0') + "\0");
        Write($"proc/{id}/cgroup", cgroup + "\n");
    }

    /// <summary>As many slow intervals as asked for, one tick each.</summary>
    public void Tick(int count = 1)
    {
        for (var i = 0; i < count; i++)
            Sampler.Tick();
    }

    public void Dispose()
    {
        _sampler?.Close();
        Directory.Delete(_root, recursive: true);
    }
}
