using System.Diagnostics;

namespace MicroView.Protocol.Tests;

public sealed class ProcessExitsTests
{
    [Fact]
    public void Those_that_have_exited_are_told_and_no_other()
    {
        using var exits = new ProcessExits();
        Assert.Empty(exits.Exited());
        var processes = Enumerable.Range(0, 70).Select(_ => Process.Start(new ProcessStartInfo("sleep", "600"))!).ToArray();
        var handles = processes.Select(process => ProcessHandle.Open(process.Id)!).ToArray();
        try
        {
            Assert.All(handles, Assert.NotNull);
            foreach (var handle in handles)
                exits.Add(handle);
            exits.Add(handles[0]);
            Assert.Empty(exits.Exited());
            processes[3].Kill();
            processes[3].WaitForExit();
            Assert.Same(handles[3], Assert.Single(exits.Exited()));
            Assert.Same(handles[3], Assert.Single(exits.Exited())); // until it is taken off
            exits.Remove(handles[3]);
            exits.Remove(handles[3]);
            handles[3].Dispose();
            Assert.Empty(exits.Exited());
            foreach (var process in processes)
                process.Kill();
            foreach (var process in processes)
                process.WaitForExit();
            var told = new HashSet<ProcessHandle>();
            while (exits.Exited() is { Count: > 0 } some)
                foreach (var handle in some)
                {
                    Assert.True(told.Add(handle));
                    exits.Remove(handle);
                }
            Assert.Equal(handles.Where((_, i) => i != 3), handles.Where(told.Contains));
            exits.Dispose();
            Assert.Empty(exits.Exited());
        }
        finally
        {
            foreach (var process in processes)
            {
                if (!process.HasExited)
                    process.Kill();
                process.Dispose();
            }
            foreach (var handle in handles)
                handle?.Dispose();
        }
    }
}
