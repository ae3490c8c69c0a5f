using System.Diagnostics;

namespace MicroView.Host.Tests;

/// <summary>Runs a Python script of this folder, as another user if asked to.</summary>
internal sealed class Script : IDisposable
{
    private readonly Process _process;

    private Script(Process process) => _process = process;

    internal static Script Run(string name, string? user, params string[] arguments)
    {
        string[] command = user is null ? ["python3"] : ["setpriv", "--reuid", user, "--clear-groups", "/usr/bin/python3"];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        foreach (var argument in (string[])[.. command[1..], Path.Combine(AppContext.BaseDirectory, name), .. arguments])
            start.ArgumentList.Add(argument);
        return new(Process.Start(start)!);
    }

    internal async Task<string?> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    internal async Task FinishAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, _process.ExitCode);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }
}
