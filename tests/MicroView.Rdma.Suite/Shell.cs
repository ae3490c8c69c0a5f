using System.Diagnostics;
using System.Globalization;

namespace MicroView.Rdma.Suite;

/// <summary>Runs commands on the other machine.</summary>
internal abstract class Shell
{
    /// <summary>Runs a command line of sh; standard output and error come together. What stays in the background must redirect both.</summary>
    public abstract (int ExitCode, string Output) Run(string command, TimeSpan? patience = null);

    /// <summary>As <see cref="Run"/>, but a failure of the command fails the case.</summary>
    public string Do(string command, TimeSpan? patience = null)
    {
        var (exitCode, output) = Run(command, patience);
        return exitCode == 0 ? output : throw new CaseFailedException($"over there, '{command}' ends with {exitCode}: {output}");
    }

    /// <summary>Tells whether the other machine takes commands.</summary>
    public bool Reaches()
    {
        try
        {
            return Run("true").ExitCode == 0;
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    /// <summary>HOST:PORT of a <see cref="ShellServer"/>, or a command such as "ssh HOST" that takes the command line as its last argument.</summary>
    public static Shell Of(string how) => how.Contains(' ', StringComparison.Ordinal) ? new ProgramShell(how.Split(' ')) : new SocketShell(how);

    public static (int ExitCode, string Output) RunHere(string program, IEnumerable<string> arguments, TimeSpan patience)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true },
        };
        var output = new System.Text.StringBuilder();
        void Take(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null)
                lock (output)
                    output.AppendLine(line.Data);
        }
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit(patience))
        {
            process.Kill(entireProcessTree: true);
            return (124, $"{output}no end after {patience.TotalSeconds} s");
        }
        process.WaitForExit();
        lock (output)
            return (process.ExitCode, output.ToString());
    }

    private sealed class SocketShell(string place) : Shell
    {
        public override (int ExitCode, string Output) Run(string command, TimeSpan? patience)
        {
            var limit = patience ?? TimeSpan.FromSeconds(30);
            var answer = Lines.Ask(place, string.Create(CultureInfo.InvariantCulture, $"{limit.TotalSeconds} {command}"), limit + TimeSpan.FromSeconds(20));
            var space = answer.IndexOf(' ', StringComparison.Ordinal);
            return (int.Parse(answer.AsSpan(0, space), CultureInfo.InvariantCulture), answer[(space + 1)..]);
        }
    }

    private sealed class ProgramShell(string[] words) : Shell
    {
        public override (int ExitCode, string Output) Run(string command, TimeSpan? patience) =>
            RunHere(words[0], [.. words.Skip(1), command], patience ?? TimeSpan.FromSeconds(30));
    }
}

/// <summary>The other end of a shell over TCP: for machines that hold nothing but a test. Runs whatever it is told.</summary>
internal static class ShellServer
{
    public static async Task<int> RunAsync(string place)
    {
        Console.WriteLine($"shell on {place}");
        await Lines.ServeAsync(place, line =>
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var seconds = double.Parse(line.AsSpan(0, space), CultureInfo.InvariantCulture);
            var (exitCode, output) = Shell.RunHere("/bin/sh", ["-c", line[(space + 1)..]], TimeSpan.FromSeconds(seconds));
            return string.Create(CultureInfo.InvariantCulture, $"{exitCode} {output.TrimEnd()}");
        });
        return 0;
    }
}
