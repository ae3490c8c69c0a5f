using System.Diagnostics;

namespace MicroView.Reproduce.Tests;

/// <summary>What must happen soon.</summary>
internal static class Soon
{
    /// <summary>Waits for a condition; past a generous deadline it fails and says what is wrong.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string> problem)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); await Task.Delay(50, TestContext.Current.CancellationToken))
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(5), problem());
    }
}
