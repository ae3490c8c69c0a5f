using Spectre.Console;

namespace MicroView.Lab;

/// <summary>
/// Progress of long work on stderr: a bar on a terminal, else a line now and then. Results go to stdout, so the two never mix.
/// </summary>
internal sealed class LabProgress
{
    private const int LineEverySeconds = 10;

    private readonly string _title;
    private readonly long _total;
    private readonly ProgressTask? _task;
    private readonly long _started = Environment.TickCount64;
    private long _done;
    private long _nextLine;

    private LabProgress(string title, long total, ProgressTask? task)
    {
        (_title, _total, _task) = (title, total, task);
        _nextLine = _started + LineEverySeconds * 1000;
    }

    /// <summary>Runs <paramref name="work"/>, which reports steps of <paramref name="total"/>.</summary>
    public static T Run<T>(string title, long total, Func<LabProgress, T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (Console.IsErrorRedirected)
            return work(new LabProgress(title, total, null));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new LabProgress(title, total, context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total)))));
    }

    /// <summary>Some steps are done. Thread-safe.</summary>
    public void Add(long steps = 1)
    {
        var done = Interlocked.Add(ref _done, steps);
        if (_task is not null)
        {
            _task.Increment(steps);
            return;
        }
        var now = Environment.TickCount64;
        var next = Interlocked.Read(ref _nextLine);
        if (now >= next && Interlocked.CompareExchange(ref _nextLine, now + LineEverySeconds * 1000, next) == next)
            Console.Error.WriteLine($"microview lab: {_title}: {done} of {_total}, {(now - _started) / 1000} s");
    }
}
