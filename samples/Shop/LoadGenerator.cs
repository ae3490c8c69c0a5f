using System.Diagnostics;

namespace Shop;

/// <summary>Orders at a steady rate, whether or not earlier ones have been answered: an open loop. Prints a line per second.</summary>
internal static class LoadGenerator
{
    private const int MostOpen = 200;

    public static async Task RunAsync(Uri target, double rate)
    {
        // Its requests are roots: no span of its own, so no traceparent is sent.
        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null, MaxConnectionsPerServer = MostOpen };
        using var client = new HttpClient(handler) { BaseAddress = target, Timeout = TimeSpan.FromSeconds(10) };
        long sent = 0, failed = 0, skipped = 0, open = 0;
        var (started, told) = (Stopwatch.GetTimestamp(), 0L);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (await timer.WaitForNextTickAsync())
        {
            var due = (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * rate);
            for (; sent + skipped < due;)
            {
                if (Interlocked.Read(ref open) >= MostOpen)
                {
                    skipped++;
                    continue;
                }
                Interlocked.Increment(ref open);
                _ = OrderAsync((int)(++sent % 1000) + 1);
            }
            var second = (long)Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (second > told)
            {
                told = second;
                Console.WriteLine($"{DateTime.UtcNow:O} sent {sent} failed {Interlocked.Read(ref failed)} skipped {skipped} open {Interlocked.Read(ref open)}");
            }
        }

        async Task OrderAsync(int id)
        {
            try
            {
                using var answer = await client.GetAsync($"/orders/{id}");
                if (!answer.IsSuccessStatusCode)
                    Interlocked.Increment(ref failed);
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                Interlocked.Increment(ref failed);
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        }
    }
}
