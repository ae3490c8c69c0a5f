using System.Diagnostics;
using System.Globalization;
using MicroView.Protocol;

namespace MicroView.Lab;

/// <summary>
/// What a run must not leave behind, written down before it is made: the file <c>.left</c> in the run's folder has the run's mark and a line per cgroup, folder
/// and file. Every process of a run, and what that starts, carries the mark in its environment, so that all of them are found again, also after a kill -9 and
/// whatever became of their parents; so is what those have started, for a server may write its title over its environment. Thread-safe.
/// </summary>
internal sealed class Leftovers : IDisposable
{
    /// <summary>Environment variable with the mark.</summary>
    public const string Variable = "MICROVIEW_LAB_RUN";

    private const string FileName = ".left";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20), s_grace = TimeSpan.FromSeconds(10);

    private readonly string _file;
    private readonly Lock _gate = new();

    /// <summary>Removes what an earlier run in <paramref name="folder"/> left, and begins a list of its own.</summary>
    public Leftovers(string folder)
    {
        Directory.CreateDirectory(folder);
        _file = Path.Combine(Path.GetFullPath(folder), FileName);
        Remove(folder, null);
        Mark = Guid.NewGuid().ToString("N");
        File.WriteAllText(_file, $"mark {Mark}\n");
    }

    /// <summary>The run's own name.</summary>
    public string Mark { get; }

    /// <summary>Cgroups that are about to be made; those inside another come after it.</summary>
    public void AddCgroups(IReadOnlyList<string> paths) => Add("cgroup", paths);

    /// <summary>A file or folder that is about to be made outside of the results.</summary>
    public void AddPath(string path) => Add("path", [path]);

    /// <summary>A new empty folder with a short path, as sockets need.</summary>
    public string MakeFolder()
    {
        var path = Path.Combine(Path.GetTempPath(), $"mvlab-{Guid.NewGuid().ToString("N")[..8]}");
        AddPath(path);
        return Directory.CreateDirectory(path).FullName;
    }

    /// <summary>Ends and removes everything so far; the list begins anew.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            RemoveListed(File.ReadAllLines(_file));
            File.WriteAllText(_file, $"mark {Mark}\n");
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!File.Exists(_file))
                return;
            RemoveListed(File.ReadAllLines(_file));
            File.Delete(_file);
        }
    }

    /// <summary>Removes what a run that is no more has left in a folder, of the run with <paramref name="mark"/> if one is named.</summary>
    /// <exception cref="LabException">The list is another user's: it could name anything.</exception>
    public static void Remove(string folder, string? mark)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return;
        RequireOwn(file);
        var lines = File.ReadAllLines(file);
        if (mark is not null && !lines.Contains($"mark {mark}"))
            return;
        RemoveListed(lines);
        File.Delete(file);
    }

    private static void RequireOwn(string file)
    {
        // Of a link it tells the link's owner, not the target's.
        var owner = MachineRecord.Ask("stat", "-c", "%u", file);
        if (owner != Machine.UserId.ToString(CultureInfo.InvariantCulture))
            throw new LabException($"{file}: a run of another user (uid {owner ?? "unknown"}) wrote it, and nothing that it lists is removed; go on as that user, or choose another --out");
    }

    private void Add(string kind, IReadOnlyList<string> paths)
    {
        lock (_gate)
            File.AppendAllLines(_file, paths.Select(path => $"{kind} {path}"));
    }

    private static void RemoveListed(string[] lines)
    {
        foreach (var line in lines.Where(line => line.StartsWith("mark ", StringComparison.Ordinal)))
            KillMarked(line[5..]);
        // What was made last goes first: cgroups inside others.
        foreach (var line in lines.Reverse())
        {
            if (line.StartsWith("cgroup ", StringComparison.Ordinal))
                RemoveCgroup(line[7..]);
            else if (line.StartsWith("path ", StringComparison.Ordinal))
                RemovePath(line[5..]);
        }
    }

    /// <summary>Asks all to end first: who starts others knows best how, and a PostgreSQL that is killed leaves shared memory.</summary>
    private static void KillMarked(string mark)
    {
        var asked = new HashSet<int>();
        var watch = Stopwatch.StartNew();
        // Again until none is left: one may have been forked meanwhile.
        while (Marked(mark) is { Count: > 0 } processes && watch.Elapsed < s_grace + s_patience)
        {
            if (watch.Elapsed < s_grace)
                Ask([.. processes.Where(asked.Add)]);
            else
                foreach (var id in processes)
                    Kill(id);
            Thread.Sleep(50);
        }
    }

    /// <summary>Those with the mark, and what they have started.</summary>
    private static List<int> Marked(string mark)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), out var id) && id != Environment.ProcessId && IsMarked(folder, mark))
                found.Add(id);
        return found.Count == 0 ? found : [.. CpuTime.Tree(found, onlyLiving: true).Where(id => id != Environment.ProcessId)];
    }

    private static void Ask(int[] processes)
    {
        if (processes.Length == 0)
            return;
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"kill -TERM {string.Join(' ', processes)}"]) { RedirectStandardError = true })!;
        kill.WaitForExit();
    }

    private static bool IsMarked(string folder, string mark)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "environ")).Contains($"{Variable}={mark}", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // gone, or another's
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or global::System.ComponentModel.Win32Exception)
        {
            // gone meanwhile
        }
    }

    private static void RemoveCgroup(string path)
    {
        if (!Directory.Exists(path))
            return;
        foreach (var inside in Directory.GetDirectories(path))
            RemoveCgroup(inside);
        // Its processes may take a moment to be gone.
        for (var watch = Stopwatch.StartNew(); Directory.Exists(path) && watch.Elapsed < s_patience; Thread.Sleep(20))
        {
            try
            {
                foreach (var id in File.ReadAllLines(Path.Combine(path, "cgroup.procs")))
                    Kill(int.Parse(id, CultureInfo.InvariantCulture));
                Directory.Delete(path);
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // busy: again
            }
        }
    }

    private static void RemovePath(string path)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Failures.WriteLine($"{path} cannot be removed: {error.Message}");
        }
    }
}
