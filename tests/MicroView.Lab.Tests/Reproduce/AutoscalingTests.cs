using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CsCheck;

namespace MicroView.Lab.Tests;

/// <summary>The parts of the autoscaling figure that need no cluster.</summary>
public sealed class AutoscalingTests
{
    private static readonly StepLoad s_load = new(60, 10, 10, 1, 480);

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    [InlineData(0.5, 5)] // ten a second
    [InlineData(1, 10)]
    [InlineData(59.9, 10)]
    [InlineData(60.3, 13)]
    [InlineData(479, 80)]
    [InlineData(480, 0)]
    public void Users_come_in_steps_and_not_all_at_once(double seconds, int users) => Assert.Equal(users, s_load.UsersAt(seconds));

    [Fact]
    public void Users_that_come_slower_than_the_steps_add_up() =>
        Gen.Select(Gen.Double[1, 100], Gen.Int[1, 50], Gen.Double[0.05, 20], Gen.Double[0, 399]).Sample((time, step, rate, seconds) =>
        {
            var load = new StepLoad(time, step, rate, 1, 400);
            var users = load.UsersAt(seconds);
            Assert.InRange(users, 0, Math.Ceiling(rate * seconds));
            Assert.InRange(users, 0, step * (Math.Floor(seconds / time) + 1));
            Assert.True(load.UsersAt(Math.Min(399.9, seconds + 1)) >= users);
        });

    [Fact]
    public void The_artifacts_variables_replace_what_is_standard()
    {
        var load = s_load.WithEnvironment(name => name switch { "STEP_TIME" => "30", "STEP_LOAD" => "25", "USER_WAIT_TIME" => "0.25", _ => null });
        Assert.Equal(new StepLoad(30, 25, 10, 0.25, 480), load);
        var error = Assert.Throws<LabException>(() => s_load.WithEnvironment(name => name == "SPAWN_RATE" ? "many" : null));
        Assert.Contains("SPAWN_RATE=many", error.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, error.ExitCode);
    }

    [Fact]
    public void The_quiet_load_has_each_level_as_often_at_its_end_as_at_its_beginning()
    {
        var quiet = new QuietLoad(20, 240, 15, seed: 7);
        int[] users = [.. Enumerable.Range(0, 16).Select(i => quiet.UsersAt(15 * i + 1))];
        Assert.All(users.Chunk(4), round => Assert.Equal([5, 10, 15, 20], round.Order()));
        Assert.Equal(users, Enumerable.Range(0, 16).Select(i => new QuietLoad(20, 240, 15, seed: 7).UsersAt(15 * i + 1)));
    }

    [Fact]
    public void The_objective_is_kept_while_few_answers_are_slow_or_bad()
    {
        var window = new LatencyWindow(10, 0.5);
        Assert.True(window.LookAt(0).IsKept);
        window.Add(Enumerable.Range(0, 95).Select(i => new Answer(i, 0.1, 200)));
        window.Add(Enumerable.Range(0, 4).Select(i => new Answer(i, 3, 200)));
        window.Add([new Answer(1, 0.1, 502)]);
        var seen = window.LookAt(0);
        Assert.Equal((100, 1, 0.1, true), (seen.Answers, seen.Bad, seen.Median, seen.IsKept));
        window.Add([new Answer(1, 0.6, 200)]);
        Assert.False(window.LookAt(0).IsKept);
        Assert.Equal(0, window.LookAt(11 * Stopwatch.Frequency).Answers); // all are older than the window
    }

    [Fact]
    public void Work_is_everything_but_idle_time_and_waits() =>
        Assert.Equal(1.6, OtherWork.BusySeconds("cpu  100 20 30 9999 8888 4 5 1 77 66"), 12);

    [Fact]
    public async Task Users_ask_the_replicas_that_are_ready_in_turn_and_count_what_nobody_answers()
    {
        using var one = new Replica();
        using var other = new Replica();
        IReadOnlyList<Uri> ready = [one.Address, other.Address];
        using var users = new ClosedLoopUsers(() => ready, TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(30));
        users.SetCount(3);
        await UntilAsync(() => users.WithStatus(200) >= 20);
        ready = [];
        await UntilAsync(() => users.WithStatus(503) >= 5);
        ready = [new Uri($"http://127.0.0.1:{FreePort.Take()}/")];
        await UntilAsync(() => users.WithStatus(502) >= 5);
        users.SetCount(0);
        await UntilAsync(() => users.Asking == 0);
        Assert.InRange(one.Asked, other.Asked - 1, other.Asked + 1);
        Assert.Equal(users.WithStatus(200) + users.WithStatus(502) + users.WithStatus(503), users.Cumulative()[^1]);
        Assert.Equal(users.Cumulative()[^1], users.Take().Count());
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); await Task.Delay(5, TestContext.Current.CancellationToken))
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "not within a minute");
    }

    /// <summary>Answers "OK!".</summary>
    private sealed class Replica : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private int _asked;

        public Replica()
        {
            _listener.Start();
            Address = new Uri($"http://{_listener.LocalEndpoint}/");
            _ = Task.Run(ServeAsync);
        }

        public Uri Address { get; }

        public int Asked => Volatile.Read(ref _asked);

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    await stream.ReadAtLeastAsync(new byte[1024], 16, false);
                    Interlocked.Increment(ref _asked);
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nOK!"u8.ToArray());
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
            {
                // disposed
            }
        }
    }
}
