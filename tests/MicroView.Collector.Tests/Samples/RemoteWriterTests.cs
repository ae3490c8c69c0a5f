using System.Text;
using MicroView.Export;
using static MicroView.Collector.Tests.CollectorScene;

namespace MicroView.Collector.Tests;

/// <summary>The sender against receivers that behave in every way there is.</summary>
public sealed class RemoteWriterTests
{
    [Fact]
    public async Task A_request_is_what_the_protocol_says()
    {
        await using var receiver = TestReceiver.Answering("204 No Content");
        await using var sender = new Sender(receiver.Address);
        sender.Add(1, 2, 3);
        await UntilAsync(() => sender.Statistics.Sent == 3, "the delivery");
        var delivery = receiver.Deliveries[0];
        Assert.Equal("POST /api/v1/write HTTP/1.1", delivery.Headers[""]);
        Assert.Equal("application/x-protobuf", delivery.Headers["Content-Type"]);
        Assert.Equal("snappy", delivery.Headers["Content-Encoding"]);
        Assert.Equal("0.1.0", delivery.Headers["X-Prometheus-Remote-Write-Version"]);
        Assert.StartsWith("MicroView/", delivery.Headers["User-Agent"], StringComparison.Ordinal);
        Assert.False(delivery.Headers.ContainsKey("Authorization"));
        Assert.Equal([("g", 1, 1), ("g", 2, 2), ("g", 3, 3)], receiver.Deliveries.SelectMany(one => one.Samples));
    }

    [Fact]
    public async Task What_the_receiver_cannot_take_now_is_tried_again_in_order_and_nothing_is_lost()
    {
        await using var receiver = TestReceiver.Answering("500 Broken", "503 Busy", "429 Slow|Retry-After: 1", "200 OK");
        await using var sender = new Sender(receiver.Address);
        sender.Add(1);
        await UntilAsync(() => receiver.Deliveries.Count > 0, "the first attempt");
        sender.Add(2);
        await UntilAsync(() => sender.Statistics.Sent == 2, "the delivery");
        Assert.Equal(3, sender.Statistics.Retries);
        Assert.Equal([1L, 1, 1, 1, 2], receiver.Deliveries.Select(one => one.Samples.Single().Ms));
        Assert.Contains(sender.Log.Lines, line => line.Contains("it answers 500; it is tried again", StringComparison.Ordinal));
        Assert.Contains(sender.Log.Lines, line => line.Contains("delivers again", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("400 Bad Request")]
    [InlineData("401 Unauthorized")]
    [InlineData("404 Not Found")]
    [InlineData("307 Elsewhere|Location: http://127.0.0.1:1/")]
    public async Task What_the_receiver_refuses_for_good_is_dropped_counted_and_told(string status)
    {
        await using var receiver = new TestReceiver((number, connection, _) => TestReceiver.SayAsync(connection, number == 0 ? status : "200 OK", number == 0 ? "out of\x07order\nmore" : ""));
        await using var sender = new Sender(receiver.Address);
        sender.Add(1, 2);
        await UntilAsync(() => sender.Statistics.Dropped(DropReason.Rejected) == 2, "the refusal");
        sender.Add(3);
        await UntilAsync(() => sender.Statistics.Sent == 1, "the next delivery");
        Assert.Equal((2, 0), (sender.Statistics.Dropped(DropReason.Rejected), sender.Statistics.Retries));
        Assert.Contains(sender.Log.Lines, line => line.EndsWith($"it answers {status[..3]}: out of order; 2 samples are dropped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_receiver_that_says_nothing_is_given_up_and_tried_again()
    {
        await using var receiver = new TestReceiver(async (number, connection, stop) =>
        {
            if (number > 1)
                await TestReceiver.SayAsync(connection, "200 OK");
            else
                Assert.Equal(0, await connection.ReadAsync(new byte[1], stop)); // until the other side gives up
        });
        await using var sender = new Sender(receiver.Address, options => options with { Timeout = TimeSpan.FromSeconds(0.5) });
        sender.Add(1);
        await UntilAsync(() => sender.Statistics.Sent == 1, "the delivery");
        Assert.Equal(2, sender.Statistics.Retries);
        Assert.Contains(sender.Log.Lines, line => line.Contains("no answer within 0.5 s", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("200 OK", true)]
    [InlineData("400 Bad", false)]
    public async Task An_answer_without_end_is_not_read_to_its_end(string status, bool isTaken)
    {
        await using var receiver = new TestReceiver(async (number, connection, stop) =>
        {
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 99999999999\r\n\r\n"), stop);
            var part = new byte[64 * 1024];
            Array.Fill(part, (byte)'x');
            while (!stop.IsCancellationRequested)
                await connection.WriteAsync(part, stop);
        });
        await using var sender = new Sender(receiver.Address);
        for (var i = 1; i <= 3; i++)
        {
            sender.Add(i);
            await UntilAsync(() => (isTaken ? sender.Statistics.Sent : sender.Statistics.Dropped(DropReason.Rejected)) == i, "the end of an endless answer");
        }
        Assert.True(GC.GetTotalMemory(false) < 1 << 30);
        Assert.All(sender.Log.Lines, line => Assert.True(line.Length < 500));
    }

    [Fact]
    public async Task A_header_without_end_is_a_broken_answer()
    {
        await using var receiver = new TestReceiver(async (number, connection, stop) =>
        {
            if (number > 0)
            {
                await TestReceiver.SayAsync(connection, "200 OK");
                return;
            }
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nX: "u8.ToArray(), stop);
            var part = new byte[64 * 1024];
            Array.Fill(part, (byte)'x');
            while (!stop.IsCancellationRequested)
                await connection.WriteAsync(part, stop);
        });
        await using var sender = new Sender(receiver.Address);
        sender.Add(1);
        await UntilAsync(() => sender.Statistics.Sent == 1, "the delivery");
        Assert.True(sender.Statistics.Retries > 0);
    }

    [Fact]
    public async Task While_nobody_listens_memory_is_bounded_the_oldest_are_dropped_and_what_is_newest_arrives_afterwards()
    {
        int port;
        await using (var first = TestReceiver.Answering("200 OK"))
            port = first.Port;
        await using var sender = new Sender(new($"http://127.0.0.1:{port}/"), options => options with { QueueBytes = 1 << 20 });
        const int all = 400_000;
        for (var i = 1; i <= all; i += 100)
        {
            sender.Add([.. Enumerable.Range(i, 100).Select(ms => (long)ms)]);
            Assert.InRange(sender.Queue.Bytes, 0, 1 << 20);
        }
        await UntilAsync(() => sender.Statistics.Retries > 0, "an attempt");
        await using var receiver = new TestReceiver((_, connection, _) => TestReceiver.SayAsync(connection, "200 OK"), port);
        await UntilAsync(() => sender.Statistics.Sent + sender.Statistics.Dropped(DropReason.QueueFull) == all, "all of them", 60);
        var times = receiver.Deliveries.SelectMany(one => one.Samples).Select(sample => sample.Ms).ToArray();
        Assert.Equal(sender.Statistics.Sent, times.Length);
        Assert.True(sender.Statistics.Dropped(DropReason.QueueFull) > all / 4);
        Assert.Equal(all, times[^1]);
        // What is newest, without a gap; only a request that was on its way when there was no room may have come before.
        var gaps = Enumerable.Range(1, times.Length - 1).Where(i => times[i] != times[i - 1] + 1).ToArray();
        Assert.True(gaps.Length == 0 || (gaps.Length == 1 && gaps[0] <= 5000 && times[gaps[0]] > times[gaps[0] - 1]), string.Join(", ", gaps));
        Assert.Equal(0, sender.Writer.LagSeconds);
    }

    [Fact]
    public async Task A_stop_delivers_what_waits()
    {
        await using var receiver = new TestReceiver(async (_, connection, stop) =>
        {
            await Task.Delay(200, stop);
            await TestReceiver.SayAsync(connection, "200 OK");
        });
        var sender = new Sender(receiver.Address);
        for (var i = 1; i <= 20_000; i += 100)
            sender.Add([.. Enumerable.Range(i, 100).Select(ms => (long)ms)]);
        await sender.DisposeAsync();
        Assert.Equal((20_000, 0), (sender.Statistics.Sent, sender.Statistics.Dropped(DropReason.Shutdown)));
    }

    [Fact]
    public async Task A_stop_waits_no_longer_than_its_limit_and_counts_what_is_left()
    {
        await using var receiver = new TestReceiver((_, _, stop) => Task.Delay(-1, stop));
        var sender = new Sender(receiver.Address, options => options with { FlushLimit = TimeSpan.FromSeconds(0.5) });
        sender.Add(1, 2, 3);
        await UntilAsync(() => receiver.Deliveries.Count > 0, "the attempt");
        sender.Add(4, 5);
        await sender.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal((0, 5), (sender.Statistics.Sent, sender.Statistics.Dropped(DropReason.Shutdown)));
        Assert.Contains(sender.Log.Lines, line => line.StartsWith("5 samples were not delivered", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("t0ken", "Bearer t0ken")]
    [InlineData("Bearer t0ken\n", "Bearer t0ken")]
    [InlineData("Basic user:pass word", "Basic dXNlcjpwYXNzIHdvcmQ=")]
    public async Task Credentials_come_from_a_file_and_are_read_again_when_it_changes(string content, string header)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, content);
        await using var receiver = TestReceiver.Answering("200 OK");
        await using var sender = new Sender(receiver.Address, options => options with { TokenFile = file });
        sender.Add(1);
        await UntilAsync(() => sender.Statistics.Sent == 1, "the delivery");
        Assert.Equal(header, receiver.Deliveries[0].Headers["Authorization"]);
        await File.WriteAllTextAsync(file, "an0ther");
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(5));
        for (var i = 2L; receiver.Deliveries[^1].Headers["Authorization"] != "Bearer an0ther"; i++)
        {
            Assert.True(i < 200, "the file is never read again");
            sender.Add(i);
            await UntilAsync(() => sender.Statistics.Sent == i, "the delivery");
            await Task.Delay(100);
        }
        Assert.DoesNotContain(sender.Log.Lines, line => line.Contains("0ken", StringComparison.Ordinal) || line.Contains("pass", StringComparison.Ordinal));
        File.Delete(file);
    }

    [Theory]
    [InlineData(null, "Could not find")]
    [InlineData("", "one line")]
    [InlineData("one\ntwo", "one line")]
    public async Task A_file_without_credentials_is_told_at_the_start(string? content, string part)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("mv-token").FullName, "token");
        if (content is not null)
            await File.WriteAllTextAsync(file, content);
        var error = await Assert.ThrowsAsync<CollectorStartException>(() => StartAsync(Quick with { Samples = new() { RemoteWrite = new("http://127.0.0.1:1/"), TokenFile = file } }));
        Assert.StartsWith("--remote-write-token-file: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    /// <summary>The writer with its queue, and one series.</summary>
    private sealed class Sender : IAsyncDisposable
    {
        private readonly RowBatches _batches;
        private bool _isDisposed;

        public Sender(Uri address, Func<SampleOptions, SampleOptions>? change = null)
        {
            var options = new SampleOptions { RemoteWrite = address };
            options = change?.Invoke(options) ?? options;
            Queue = new(options.QueueBytes, Statistics);
            Writer = new(options, Queue, Statistics, CollectorClock.Live, Log);
            _batches = new(Queue, Statistics, isOfRows: true);
            _batches.Become(PushedSeries.Of(new ExpositionDocument().Add([], [new() { Name = "g", Type = MetricType.Gauge }], 1, new Nothing())));
            Writer.Start();
        }

        public LogList Log { get; } = new();

        public SampleStatistics Statistics { get; } = new();

        public SampleQueue Queue { get; }

        public RemoteWriter Writer { get; }

        /// <summary>Rows at these times, whose value is their time.</summary>
        public void Add(params long[] times)
        {
            foreach (var time in times)
                _batches.Add(time, [time]);
            _batches.Flush();
        }

        public async ValueTask DisposeAsync()
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            await Writer.DisposeAsync();
            Queue.Dispose();
        }
    }

    private sealed class Nothing : IRowSource
    {
        public bool TryRead(Span<double> row) => false;
    }
}
