using System.Diagnostics;

namespace MicroView.Protocol.Tests;

public sealed class WakingThreadTests
{
    private const long Millisecond = 1_000_000;

    [Fact]
    public void Turns_are_taken_when_they_are_due_or_asked_for_and_not_after_dispose()
    {
        var turns = 0;
        using var turned = new SemaphoreSlim(0);
        var thread = new WakingThread("test", now =>
        {
            Interlocked.Increment(ref turns);
            turned.Release();
            return turns < 3 ? now + 5 * Millisecond : long.MaxValue;
        }, error => Assert.Fail(error.Message));
        thread.Start();
        for (var i = 0; i < 3; i++)
            Assert.True(turned.Wait(TimeSpan.FromSeconds(30)));
        Assert.False(turned.Wait(50)); // it sleeps until it is woken
        thread.Wake();
        Assert.True(turned.Wait(TimeSpan.FromSeconds(30)));
        thread.Dispose();
        thread.Wake();
        Assert.Equal(4, Volatile.Read(ref turns));
    }

    [Fact]
    public void However_often_it_is_woken_turns_keep_their_distance()
    {
        var times = new List<long>();
        using var enough = new ManualResetEventSlim();
        using var thread = new WakingThread("test", now =>
        {
            times.Add(now);
            if (times.Count == 6)
                enough.Set();
            return long.MaxValue;
        }, error => Assert.Fail(error.Message), leastGapNs: 20 * Millisecond);
        thread.Start();
        while (!enough.Wait(1))
            thread.Wake();
        thread.Dispose();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 20 * Millisecond, $"{(pair.Second - pair.First) / 1e6} ms"));
    }

    [Fact]
    public void A_turn_that_fails_is_told_and_the_next_one_comes()
    {
        var (turns, told) = (0, "");
        using var again = new ManualResetEventSlim();
        using var thread = new WakingThread("test", now =>
        {
            if (++turns == 1)
                throw new InvalidOperationException("the first");
            again.Set();
            return long.MaxValue;
        }, error => told = error.Message);
        thread.Start();
        Assert.True(again.Wait(TimeSpan.FromSeconds(30)));
        Assert.Equal("the first", told);
    }

    [Fact]
    public void The_exit_of_a_process_wakes_it_until_it_has_been_taken_off_and_turns_keep_their_distance_meanwhile()
    {
        using var exits = new ProcessExits();
        using var process = Process.Start(new ProcessStartInfo("sleep", "600"))!;
        using var handle = ProcessHandle.Open(process.Id)!;
        exits.Add(handle);
        var times = new List<long>();
        using var turned = new SemaphoreSlim(0);
        var thread = new WakingThread("test", now =>
        {
            times.Add(now);
            if (times.Count == 4)
                exits.Remove(Assert.Single(exits.Exited()));
            turned.Release();
            return long.MaxValue;
        }, error => Assert.Fail(error.Message), leastGapNs: 20 * Millisecond, exits);
        thread.Start();
        Assert.True(turned.Wait(TimeSpan.FromSeconds(30)));
        Assert.False(turned.Wait(50)); // it sleeps
        process.Kill();
        for (var i = 0; i < 3; i++)
            Assert.True(turned.Wait(TimeSpan.FromSeconds(30)));
        Assert.False(turned.Wait(100)); // and again, once the process has been taken off
        thread.Dispose();
        Assert.Equal(4, times.Count);
        Assert.True(times[3] - times[2] >= 20 * Millisecond && times[2] - times[1] >= 20 * Millisecond);
    }
}
