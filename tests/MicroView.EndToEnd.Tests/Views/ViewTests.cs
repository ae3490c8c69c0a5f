using MicroView.Cli;

namespace MicroView.EndToEnd.Tests;

public sealed class ViewTests
{
    /// <summary>A frame costs more than a scrape of few pods: where scrapes are far apart, pods that are still learnt must not have one made each second.</summary>
    [Theory]
    [InlineData(0.01, 3, 8)]
    [InlineData(1, 3, 8)]
    [InlineData(60, 1, 4)]
    public async Task Lines_look_at_who_is_learnt_no_more_often_than_it_is_scraped(double scrape, int least, int most)
    {
        using var signals = new StopSignals(TestContext.Current.CancellationToken);
        using var output = new PlainOutput(() => { });
        var frames = 0;
        using var view = new View(Build, TimeSpan.FromSeconds(scrape), signals);
        await view.RunAsync(plain: true, seconds: 4.5, output);
        Assert.InRange(frames, least, most); // waits may end a little early: a few more before the end

        ViewFrame Build()
        {
            frames++;
            return new("node", TimeSpan.Zero, 0, 0, "", 0, 0, Learning: 1, Watching: 0, null, 0, [], [], []);
        }
    }
}
