using System.Text;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// The cgroups of the machine and the pods among them. A round asks each known folder how many folders it has (one call), and reads
/// only those that changed. In version 1 the cpuacct hierarchy leads: a cgroup without CPU accounting is no pod.
/// </summary>
internal sealed class CgroupTree
{
    private const int MostDeep = 16;

    private sealed class Node(CgroupTree tree, string path)
    {
        internal readonly string Path = path;
        internal readonly byte[] Name = Encoding.UTF8.GetBytes(path[(path.LastIndexOf('/') + 1)..]);
        internal readonly byte[] Folder = Encoding.UTF8.GetBytes($"{tree.Folder(tree.Primary)}{path}\0");
        internal readonly byte[] Processes = Encoding.UTF8.GetBytes($"{tree.Folder(tree.Primary)}{path}/cgroup.procs\0");
        internal readonly CgroupUnit? Unit = CgroupUnit.Of(path);
        internal readonly List<Node> Children = [];
        internal int Links = -1, RereadIn, LeafIn;
        internal long NextTryNs;
        internal CgroupPod? Pod;
    }

    private const long RetryNs = 30_000_000_000; // for one that was left out, or refused
    private const int RereadEvery = 10; // one folder may come and another go within a second
    private const int LeafEvery = 4; // a pod's cgroup hardly ever gets one of its own; that it is gone, its files tell
    private readonly SampleContext _context;
    private readonly ProcessExaminer _examiner;
    private readonly ContainerNames _names;
    private readonly PodFilter _filter;
    private readonly Action<CgroupPod> _found;
    private readonly Dictionary<string, string> _folders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CgroupPod> _pods = new(StringComparer.Ordinal);
    private readonly List<Node> _kept = [];
    private readonly byte[] _entries = new byte[32 * 1024];
    private readonly Node? _root;

    internal CgroupTree(SampleContext context, ProcessExaminer examiner, Action<CgroupPod> found)
    {
        (_context, _examiner, _found) = (context, examiner, found);
        _names = new(context.Options);
        _filter = new(context.Options);
        var root = context.Options.CgroupRoot;
        Version = File.Exists($"{root}/cgroup.controllers") ? 2 : FindVersion1(root) ? 1 : 0;
        if (Version == 2)
            _folders[""] = root;
        Files = Version == 1 ? [.. CgroupFiles.Version1.Where(file => _folders.ContainsKey(file.Controller))] : CgroupFiles.Version2;
        _root = Version > 0 && context.Options.Cgroups ? new(this, "") : null;
    }

    /// <summary>Version of the mounted hierarchies; 0: none. A version 2 hierarchy beside version 1 has no controllers that matter.</summary>
    internal int Version { get; }

    internal string Primary => Version == 1 ? "cpuacct" : "";

    /// <summary>The files of each cgroup, the one with the CPU usage first.</summary>
    internal (string Controller, string Name, CgroupFile File)[] Files { get; }

    internal string Folder(string controller) => _folders[controller];

    /// <summary>Looks for cgroups that came.</summary>
    internal void Discover()
    {
        if (_root is not null)
            Visit(_root, 0);
    }

    /// <summary>Tells from the text of /proc/PID/cgroup whether the process is accounted for by one of the pods.</summary>
    internal bool Covers(ReadOnlySpan<byte> text)
    {
        if (_pods.Count == 0)
            return false;
        while (KernelText.NextLine(ref text, out var line))
        {
            var controllers = line[(line.IndexOf((byte)':') + 1)..];
            var colon = controllers.IndexOf((byte)':');
            if (colon < 0 || !(Version == 2 ? line.StartsWith("0::"u8) : HasWord(controllers[..colon], "cpuacct"u8)))
                continue;
            var path = controllers[(colon + 1)..];
            Span<char> characters = stackalloc char[4096];
            return path.Length <= characters.Length && IsBelowPod(characters[..Encoding.UTF8.GetChars(path, characters)]);
        }
        return false;
    }

    /// <summary>Forgets a pod; its cgroup, if it is still there, is looked at again.</summary>
    internal void Drop(CgroupPod pod)
    {
        _pods.Remove(pod.Path);
        pod.Close(_context);
    }

    private bool FindVersion1(string root)
    {
        foreach (var (controller, names) in (ReadOnlySpan<(string, string[])>)
            [("cpuacct", ["cpuacct", "cpu,cpuacct", "cpuacct,cpu"]), ("cpu", ["cpu", "cpu,cpuacct", "cpuacct,cpu"]), ("memory", ["memory"]), ("blkio", ["blkio"]), ("pids", ["pids"])])
            if (Array.Find(names, name => Directory.Exists($"{root}/{name}")) is { } name)
                _folders[controller] = $"{root}/{name}";
        return _folders.ContainsKey("cpuacct");
    }

    private void Visit(Node node, int depth)
    {
        if (node is { Pod.Network: null, Links: 2, Children.Count: 0 } && _pods.ContainsKey(node.Path) && --node.LeafIn > 0)
            return;
        node.LeafIn = LeafEvery;
        if (KernelFile.Status(node.Folder, out _, out var links) < 0)
            return;
        if (links != node.Links || links == 1 || --node.RereadIn <= 0)
        {
            (node.Links, node.RereadIn) = (links, RereadEvery);
            if (links != 2 || node.Children.Count > 0) // 2: no folders in it; 1: a file system that does not count them
                ReadFolder(node);
        }
        if (IsCandidate(node))
            Consider(node);
        else if (node.Pod?.Network is { IsLost: true } network)
            Hand(network, node);
        if (depth < MostDeep)
            foreach (var child in node.Children)
                Visit(child, depth + 1);
    }

    private bool IsCandidate(Node node)
    {
        if (node.Unit is not { } unit || unit.Path != node.Path || unit.Kind == CgroupKind.Other && node.Children.Count > 0)
            return false;
        return _context.NowNs >= node.NextTryNs && (node.Pod is null || !_pods.ContainsKey(node.Path));
    }

    private void Consider(Node node)
    {
        var member = FirstProcess(node, 0);
        if (member == 0)
            return;
        node.NextTryNs = _context.NowNs + RetryNs;
        var identity = _names.Identify(node.Unit!, member);
        if (!_filter.Accepts(identity.Pod, identity.Service) || node.Unit!.PodUid is not null && IsSandbox(member))
            return;
        var pod = new CgroupPod(this, node.Path, identity);
        if (_examiner.HasOwnNetwork(member))
            pod.Network = new(_context.Options.ProcRoot, member);
        node.Pod = pod;
        _pods[node.Path] = pod;
        _found(pod);
    }

    /// <summary>The process that holds a Kubernetes pod's namespaces does nothing else.</summary>
    private bool IsSandbox(int member) => _examiner.TryReadStat(member, out _, out var name) && name.SequenceEqual("pause"u8);

    /// <summary>The process that told of the network is gone: another goes on.</summary>
    private void Hand(NetworkReader before, Node node)
    {
        var member = FirstProcess(node, 0);
        if (member == 0 || member == before.Process)
            return;
        var after = new NetworkReader(_context.Options.ProcRoot, member);
        after.Continue(before);
        before.Close(_context);
        node.Pod!.Network = after;
    }

    /// <summary>A process of the cgroup or of those below it; 0 when there is none.</summary>
    private int FirstProcess(Node node, int depth)
    {
        var read = KernelFile.ReadOnce(node.Processes, _context.Buffer);
        if (read > 0 && KernelText.Number(_context.Buffer.AsSpan(0, read)) is > 0 and < int.MaxValue and var id)
            return (int)id;
        foreach (var child in node.Children)
            if (depth < MostDeep && FirstProcess(child, depth + 1) is > 0 and var below)
                return below;
        return 0;
    }

    private void ReadFolder(Node node)
    {
        var directory = KernelFile.Open(node.Folder);
        if (directory < 0)
            return;
        var kept = _kept;
        kept.Clear();
        for (int read; (read = KernelFile.ReadEntries(directory, _entries)) > 0;)
        {
            var entries = new DirectoryEntries(_entries.AsSpan(0, read));
            while (entries.Next())
                if (entries.IsDirectory && !entries.Name.SequenceEqual("."u8) && !entries.Name.SequenceEqual(".."u8))
                    kept.Add(Child(node, entries.Name));
        }
        KernelFile.Close(directory);
        node.Children.Clear();
        node.Children.AddRange(kept);
    }

    private Node Child(Node node, ReadOnlySpan<byte> name)
    {
        foreach (var child in node.Children)
            if (name.SequenceEqual(child.Name))
                return child;
        return new(this, $"{node.Path}/{Encoding.UTF8.GetString(name)}");
    }

    private bool IsBelowPod(ReadOnlySpan<char> path)
    {
        var pods = _pods.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var end = path.Length; end > 0; end = path[..end].LastIndexOf('/'))
            if (pods.ContainsKey(path[..end]))
                return true;
        return false;
    }

    private static bool HasWord(ReadOnlySpan<byte> list, ReadOnlySpan<byte> word)
    {
        foreach (var range in list.Split((byte)','))
            if (list[range].SequenceEqual(word))
                return true;
        return false;
    }
}
