using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MicroView.Rdma.Suite;

/// <summary>A collector that runs here, its log, and what its endpoint shows.</summary>
internal sealed class CollectorProcess : IDisposable
{
    private readonly Machines _machines;
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly int _port;
    private readonly string _command;

    public CollectorProcess(Machines machines, int port, string arguments, string program = "microview")
    {
        (_machines, _port, _command) = (machines, port, $"{program} {arguments}");
        _process = new Process
        {
            StartInfo = new ProcessStartInfo($"{machines.Options.Programs}/{program}", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/tmp",
            },
        };
        _process.OutputDataReceived += Take;
        _process.ErrorDataReceived += Take;
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public bool HasEnded => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Everything that the endpoint shows now; empty when it does not answer.</summary>
    public IReadOnlyList<Sample> Samples() => Exposition.Parse(Text());

    /// <summary>The values of one pod, by metric.</summary>
    public Dictionary<string, double> Values(string pod) =>
        Samples().Where(one => one.Label("pod") == pod && one.Name.StartsWith("suite_", StringComparison.Ordinal)).ToDictionary(one => one.Name, one => one.Value);

    /// <summary>How many pods show values.</summary>
    public int PodsWithValues() => Exposition.Count(Text(), "suite_gauge_0{", null);

    /// <summary>How many metrics a pod shows. Parses nothing: who measures a time must not take the core from what is measured.</summary>
    public int MetricsOf(string pod) => Exposition.Count(Text(), "suite_", $"pod=\"{pod}\"");

    /// <summary>Sum of a self-metric over its labels, or over those with one.</summary>
    public double Metric(string name, string? label = null, string? value = null) =>
        Samples().Where(one => one.Name == name && (label is null || one.Label(label) == value)).Sum(one => one.Value);

    public void WaitForPods(int pods) => Machines.Until(() => PodsWithValues() == pods, TimeSpan.FromSeconds(30), $"{pods} pods arrive");

    public void Signal(string name) => Shell.RunHere("/bin/kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)], TimeSpan.FromSeconds(5));

    public void WaitForEnd(TimeSpan patience) => Machines.Until(() => _process.HasExited, patience, "the collector ends");

    /// <summary>What it warned of, and its last words.</summary>
    public string Tail()
    {
        var lines = Log.Split('\n');
        var warned = lines.SkipLast(14).Where(line => line.Contains("warn", StringComparison.OrdinalIgnoreCase)).TakeLast(12);
        return $"== {_command}\n{string.Join('\n', [.. warned, .. lines.TakeLast(14)])}";
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Signal("TERM");
            if (!_process.WaitForExit(8000))
                _process.Kill();
        }
        _process.Dispose();
    }

    private string Text() => _machines.Get($"http://127.0.0.1:{_port}/metrics") ?? "";

    private void Take(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not null)
            lock (_log)
                _log.AppendLine(line.Data);
    }
}

/// <summary>A sample of the text exposition.</summary>
internal sealed record Sample(string Name, string Labels, double Value)
{
    /// <summary>A label's value, as far as no escape is in it.</summary>
    public string? Label(string name)
    {
        var start = Labels.IndexOf($"{name}=\"", StringComparison.Ordinal);
        return start < 0 ? null : Labels[(start + name.Length + 2)..Labels.IndexOf('"', start + name.Length + 2)];
    }
}

/// <summary>The text exposition, as far as the suite's own names need it.</summary>
internal static class Exposition
{
    /// <summary>Lines that begin with one text and contain another.</summary>
    public static int Count(string text, string start, string? part)
    {
        var count = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
            if (line.StartsWith(start, StringComparison.Ordinal) && (part is null || line.IndexOf(part, StringComparison.Ordinal) >= 0))
                count++;
        return count;
    }

    public static IReadOnlyList<Sample> Parse(string text)
    {
        var samples = new List<Sample>();
        foreach (var line in text.Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var end = line.LastIndexOf('}');
            var brace = line.IndexOf('{', StringComparison.Ordinal);
            var nameEnd = brace >= 0 ? brace : line.IndexOf(' ', StringComparison.Ordinal);
            var rest = line[(brace >= 0 ? end + 1 : nameEnd)..].Trim().Split(' ')[0];
            if (double.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                samples.Add(new(line[..nameEnd], brace >= 0 ? line[(brace + 1)..end] : "", value));
        }
        return samples;
    }
}
