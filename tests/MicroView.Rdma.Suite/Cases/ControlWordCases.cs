using System.Globalization;

namespace MicroView.Rdma.Suite;

/// <summary>A collector sets sampling rates by RDMA WRITE, under a term that the agent grants; the client over there sees them.</summary>
internal static class ControlWordCases
{
    private const double Base = 0.01;

    public static IReadOnlyList<(string Name, Action<Machines, Detail> Run)> Table { get; } =
    [
        ("control_word_reaches_the_client", Reaches_the_client),
        ("control_word_falls_back_when_the_collector_dies", Falls_back_when_the_collector_dies),
        ("control_word_two_collectors_compete", Two_collectors_compete),
    ];

    private static void Reaches_the_client(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(3, 16);
        Check.True(Near(machines.Rate("w0"), Base), $"the base rate, before: {machines.Rate("w0")}");
        machines.StartCollector("--scrape-interval 0.1 --trace-rate 0.25").WaitForPods(3);
        for (var pod = 0; pod < 3; pod++)
            detail.Add($"w{pod}, once it is read, " + Machines.TimeOf(() => Near(machines.Rate($"w{pod}"), 0.25), TimeSpan.FromSeconds(20), $"w{pod} sees the rate"));
        // Held for longer than the agent's 3 s: the word is written again and again.
        for (var look = 0; look < 20; look++)
        {
            Thread.Sleep(200);
            Check.True(Near(machines.Rate("w0"), 0.25), $"the rate stands: {machines.Rate("w0")} (look {look})");
        }
    }

    private static void Falls_back_when_the_collector_dies(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(1, 16);
        var collector = machines.StartCollector("--scrape-interval 0.1 --trace-rate 1");
        Machines.Until(() => Near(machines.Rate("w0"), 1), TimeSpan.FromSeconds(20), "w0 sees the rate");
        collector.Signal("KILL");
        detail.Add("base rate back " + Machines.TimeOf(() => Near(machines.Rate("w0"), Base), TimeSpan.FromSeconds(8), "the base rate is back"));
    }

    private static void Two_collectors_compete(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(1, 16);
        var first = machines.StartCollector("--scrape-interval 0.1 --trace-rate 0.25");
        Machines.Until(() => Near(machines.Rate("w0"), 0.25), TimeSpan.FromSeconds(20), "the first one's rate");
        var second = machines.StartCollector("--scrape-interval 0.1 --trace-rate 0.75", port: 8001);
        second.WaitForPods(1);
        for (var look = 0; look < 20; look++)
        {
            Thread.Sleep(200);
            Check.True(Near(machines.Rate("w0"), 0.25), string.Create(CultureInfo.InvariantCulture, $"the first holds it: {machines.Rate("w0")}"));
        }
        first.Signal("KILL");
        detail.Add("the second has it " + Machines.TimeOf(() => Near(machines.Rate("w0"), 0.75), TimeSpan.FromSeconds(10), "the second one's rate"));
    }

    private static bool Near(double rate, double wanted) => Math.Abs(rate - wanted) < 1e-6;
}
