using System.Globalization;
using MicroView.Protocol;

namespace MicroView.Lab;

/// <summary>CPU time of processes: the total by the scheduler's clock, how it divides by /proc.</summary>
/// <param name="User">Seconds; in a difference as exact as 10 ms ticks allow, and never more than all of it.</param>
/// <param name="System">Seconds; the rest.</param>
internal readonly record struct CpuTime(double User, double System)
{
    // The kernel's unit towards user space, on every architecture that .NET has.
    private const double TicksPerSecond = 100;

    public double Total => User + System;

    public static CpuTime operator +(CpuTime a, CpuTime b) => new(a.User + b.User, a.System + b.System);

    public static CpuTime operator -(CpuTime a, CpuTime b)
    {
        var total = a.Total - b.Total;
        var user = Math.Clamp(a.User - b.User, 0, Math.Max(total, 0));
        return new(user, total - user);
    }

    /// <summary>What a process has used so far, to the nanosecond, and the children that it has waited for, to 10 ms; null if there is none.</summary>
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
        var (user, system) = (Ticks(11), Ticks(12));
        var share = user + system > 0 ? user / (user + system) : 0.5;
        var own = Clocks.CpuNsOf(process) is var ns and >= 0 ? ns / 1e9 : user + system;
        return new(share * own + Ticks(13), (1 - share) * own + Ticks(14));
    }

    /// <summary>The same for a process and all that descend from it, those that have ended and were not waited for among them.</summary>
    public static CpuTime OfTree(int process) => Tree([process]).Aggregate(default(CpuTime), (sum, id) => sum + (Of(id) ?? default));

    /// <summary>Processes and all that descend from them, or share the session of one; without those that have ended and were not waited for, if only the living are asked for.</summary>
    public static IReadOnlyCollection<int> Tree(IReadOnlyCollection<int> processes, bool onlyLiving = false)
    {
        var others = new List<(int Id, int Parent, int Session)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), out var id) && Relations(id) is var (parent, session, hasEnded) && !(onlyLiving && hasEnded))
                others.Add((id, parent, session));
        var (tree, sessions) = (processes.ToHashSet(), processes.ToHashSet());
        for (var before = 0; before < tree.Count;)
        {
            before = tree.Count;
            foreach (var (id, parent, session) in others)
                if (tree.Contains(parent) || sessions.Contains(session))
                    tree.Add(id);
        }
        return tree;
    }

    private static (int Parent, int Session, bool HasEnded)? Relations(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture), fields[0] is "Z" or "X");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
