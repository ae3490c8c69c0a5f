using System.Globalization;

namespace MicroView.Lab;

/// <summary>CPU time of processes, from /proc.</summary>
/// <param name="User">Seconds.</param>
/// <param name="System">Seconds.</param>
internal readonly record struct CpuTime(double User, double System)
{
    // The kernel's unit towards user space, on every architecture that .NET has.
    private const double TicksPerSecond = 100;

    public double Total => User + System;

    public static CpuTime operator +(CpuTime a, CpuTime b) => new(a.User + b.User, a.System + b.System);

    public static CpuTime operator -(CpuTime a, CpuTime b) => new(a.User - b.User, a.System - b.System);

    /// <summary>What a process has used so far, and the children that it has waited for; null if there is none. To 10 ms.</summary>
    public static CpuTime? Of(int process)
    {
        string text;
        try
        {
            text = File.ReadAllText($"/proc/{process}/stat");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        // The name may hold anything, also blanks and parentheses.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        double Ticks(int field) => double.Parse(fields[field], CultureInfo.InvariantCulture) / TicksPerSecond;
        return new(Ticks(11) + Ticks(13), Ticks(12) + Ticks(14));
    }

    /// <summary>The same for a process and all that descend from it and live.</summary>
    public static CpuTime OfTree(int process) => Tree(process).Aggregate(default(CpuTime), (sum, id) => sum + (Of(id) ?? default));

    /// <summary>A process and all that descend from it, or share its session.</summary>
    public static IReadOnlyCollection<int> Tree(int process)
    {
        var parents = new List<(int Id, int Parent, int Session)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), out var id) && Relations(id) is var (parent, session))
                parents.Add((id, parent, session));
        var tree = new HashSet<int> { process };
        for (var before = 0; before < tree.Count;)
        {
            before = tree.Count;
            foreach (var (id, parent, session) in parents)
                if (tree.Contains(parent) || session == process)
                    tree.Add(id);
        }
        return tree;
    }

    private static (int Parent, int Session)? Relations(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
