using Spectre.Console;

namespace MicroView.Lab;

/// <summary>
/// Progress of a run on stderr: on a terminal a bar that moves with the expected time of the steps, else a line per step. Thread-safe.
/// </summary>
internal sealed class ReproduceProgress : IDisposable
{
    private readonly ProgressTask? _task;
    private readonly Timer? _timer;
    private readonly Lock _gate = new();
    private readonly string _title;
    private double _done;
    private FigureStep? _step;
    private long _began;

    private ReproduceProgress(string title, ProgressTask? task)
    {
        (_title, _task) = (title, task);
        _timer = task is null ? null : new(_ => Move(), null, 200, 200);
    }

    /// <summary>Runs <paramref name="work"/>, which takes about <paramref name="seconds"/>.</summary>
    public static async Task RunAsync(string title, double seconds, Func<ReproduceProgress, Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (Console.IsErrorRedirected)
        {
            using var lines = new ReproduceProgress(title, null);
            await work(lines);
            return;
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                using var bar = new ReproduceProgress(title, context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, seconds)));
                await work(bar);
            });
    }

    public void Begin(FigureStep step, int number, int of)
    {
        ArgumentNullException.ThrowIfNull(step);
        lock (_gate)
            (_step, _began) = (step, Environment.TickCount64);
        if (_task is not null)
            _task.Description = Markup.Escape($"{_title} {number}/{of}: {step.Title}");
        else
            Console.Error.WriteLine($"microview lab: {_title} {number}/{of}: {step.Title}, about {step.Seconds:0} s");
    }

    /// <summary>The step is done, or was there.</summary>
    public void End(FigureStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        lock (_gate)
        {
            _step = null;
            _done += step.Seconds;
            if (_task is not null)
                _task.Value = _done;
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void Move()
    {
        lock (_gate)
            if (_step is { } step)
                _task!.Value = _done + Math.Min(0.98 * step.Seconds, (Environment.TickCount64 - _began) / 1000.0);
    }
}
