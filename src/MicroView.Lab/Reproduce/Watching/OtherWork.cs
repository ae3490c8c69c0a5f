using System.Diagnostics;
using System.Globalization;

namespace MicroView.Lab;

/// <summary>How much of the machine programs took that are none of a step's, while it ran: a figure from a busy machine is another figure. Not thread-safe.</summary>
internal sealed class OtherWork
{
    private const double Worth = 0.2; // cores; less is the system's own

    private readonly StepContext _context;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly double _busy = BusySeconds(File.ReadLines("/proc/stat").First());
    private readonly double _own;

    /// <summary>Looks from now on.</summary>
    public OtherWork(StepContext context) => (_context, _own) = (context, Own(context));

    /// <summary>Notes what others took, if it is worth it. What this program itself took must have been accounted.</summary>
    public void Tell(string title)
    {
        var others = (BusySeconds(File.ReadLines("/proc/stat").First()) - _busy - (Own(_context) - _own)) / Stopwatch.GetElapsedTime(_began).TotalSeconds;
        if (others > Worth)
            _context.Note(string.Create(CultureInfo.InvariantCulture, $"Other programs took {others:0.0} of {Environment.ProcessorCount} cores while \"{title}\" ran: what was to be measured could not have them. Measure again on a quiet machine."));
    }

    /// <summary>Seconds that all cores were at work, by the first line of /proc/stat.</summary>
    internal static double BusySeconds(string line)
    {
        // cpu user nice system idle iowait irq softirq steal guest…, in ticks of 10 ms; guests are in user already.
        double[] ticks = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(field => double.Parse(field, CultureInfo.InvariantCulture))];
        return (ticks.Sum() - ticks[3] - ticks[4]) / 100;
    }

    private static double Own(StepContext context) => context.Processes.CpuSeconds().Values.Sum();
}
