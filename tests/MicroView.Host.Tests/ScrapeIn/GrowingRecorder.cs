using System.Globalization;
using System.Text;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

/// <summary>The agent's side of scrape-in: keeps rows, checks descriptors by the agent's own rules.</summary>
internal sealed class GrowingRecorder : IGrowingPods
{
    private readonly Lock _lock = new();
    private readonly List<GrownPod> _pods = [];

    internal GrownPod[] Pods { get { lock (_lock) return [.. _pods]; } }

    internal GrownPod? Living => Pods.SingleOrDefault(pod => !pod.IsRetired);

    internal bool KeepsRows { get; set; } = true;

    public IGrowingPod Add(NodePodIdentity identity, IReadOnlyList<SlotDescriptor> descriptors, int slots, List<RejectedSlot> rejected)
    {
        Assert.Null(NameRules.CheckPod(identity.Pod) ?? NameRules.CheckOptional("service", identity.Service) ?? NameRules.CheckLabels(identity.Labels));
        var pod = new GrownPod(this, identity, slots);
        Assert.Null(pod.Append(descriptors, rejected));
        lock (_lock)
            _pods.Add(pod);
        return pod;
    }
}

internal sealed class GrownPod(GrowingRecorder owner, NodePodIdentity identity, int room) : IGrowingPod
{
    private readonly DescriptorRules _rules = new();
    private readonly List<double[]> _rows = [];

    public string Pod => identity.Pod;

    public int Room => room;

    internal List<SlotDescriptor> Descriptors { get; } = [];

    internal HashSet<int> Retired { get; } = [];

    internal bool IsRetired { get; private set; }

    internal int RowCount { get; private set; }

    internal double[][] Rows => [.. _rows];

    /// <summary>The last row as the text format would have it: of histograms cumulative buckets, sum and count. What is NaN is left out.</summary>
    internal SortedDictionary<string, double> Shown => Show(_rows[^1]);

    public void WriteRow(ReadOnlySpan<double> values, long timeNs)
    {
        if (IsRetired || values.Length < Descriptors.Count || values.Length > room)
            throw new InvalidOperationException($"a row of {values.Length} for {Descriptors.Count} descriptors in a room of {room}");
        RowCount++;
        if (owner.KeepsRows)
            _rows.Add(values.ToArray());
    }

    public string? Append(IReadOnlyList<SlotDescriptor> descriptors, List<RejectedSlot> rejected)
    {
        Assert.True(Descriptors.Count + descriptors.Count <= room);
        Assert.True(_rows.Count == 0 || !owner.KeepsRows || _rows[^1].Length == Descriptors.Count + descriptors.Count, "values come before descriptors");
        Descriptors.AddRange(_rules.Admit(Descriptors.Count, descriptors, rejected));
        return null;
    }

    public void Retire(IReadOnlyList<int> slots)
    {
        foreach (var slot in slots)
        {
            Assert.True(double.IsNaN(_rows[^1][slot]), "a removed slot holds NaN");
            Assert.True(Retired.Add(slot));
            _rules.Release(Descriptors[slot]);
        }
    }

    public void Dispose() => IsRetired = true;

    internal SortedDictionary<string, double> Show(double[] row)
    {
        var shown = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var count = 0.0;
        for (var slot = 0; slot < Descriptors.Count; slot++)
        {
            var d = Descriptors[slot];
            if (d.Role == SlotRole.Bucket)
                count = slot > 0 && Descriptors[slot - 1].Role == SlotRole.Bucket && Descriptors[slot - 1].IsSameMetric(d) ? count + row[slot] : row[slot];
            var (name, value) = d.Role switch
            {
                SlotRole.Bucket => (Key(d, "_bucket", d.Bound is { } bound ? bound.ToString("R", CultureInfo.InvariantCulture) : "+Inf"), count),
                SlotRole.Sum => (Key(d, "_sum"), row[slot]),
                _ => (Key(d, ""), row[slot]),
            };
            if (d.Role == SlotRole.Hidden || Retired.Contains(slot))
                continue;
            if (d.Role == SlotRole.Sum && !double.IsNaN(count))
                shown.Add(Key(d, "_count"), count);
            if (!double.IsNaN(value))
                shown.Add(name, value);
        }
        return shown;
    }

    internal static string Key(SlotDescriptor d, string ending, string? le = null)
    {
        var labels = new SortedDictionary<string, string>(d.Labels ?? [], StringComparer.Ordinal);
        if (le is not null)
            labels.Add("le", le);
        var text = new StringBuilder(d.Name).Append(ending);
        return labels.Count == 0 ? text.ToString() : text.Append('{').AppendJoin(',', labels.Select(label => $"{label.Key}={label.Value}")).Append('}').ToString();
    }
}

/// <summary>One target without its HTTP: bodies in, rows out.</summary>
internal sealed class ScrapedText
{
    private long _timeNs = 1_000_000_000_000;

    internal ScrapedText(int maxSlots = 1000)
    {
        Page = new(Pods, new("t"), maxSlots);
        Reader = new(Page);
    }

    internal GrowingRecorder Pods { get; } = new();

    internal TargetPage Page { get; }

    internal ExpositionReader Reader { get; }

    internal double NowMs { get; set; } = 1_700_000_000_000;

    internal long Drops(DroppedSample reason) => Page.Dropped[(int)reason];

    internal SortedDictionary<string, double> Scrape(string body, bool openMetrics = false, int piece = int.MaxValue, bool isWhole = true) =>
        Scrape(Encoding.UTF8.GetBytes(body), openMetrics, piece, isWhole);

    internal SortedDictionary<string, double> Scrape(byte[] body, bool openMetrics = false, int piece = int.MaxValue, bool isWhole = true)
    {
        Read(body, openMetrics, piece, isWhole);
        Page.Commit(_timeNs += 1_000_000_000);
        return Pods.Living?.Shown ?? [];
    }

    /// <summary>As a connection would bring it: what a piece leaves comes again before the next.</summary>
    internal void Read(ReadOnlySpan<byte> body, bool openMetrics, int piece, bool isWhole)
    {
        Reader.Begin(openMetrics, NowMs);
        int start = 0, end = 0;
        while (end < body.Length)
        {
            end = (int)Math.Min(body.Length, (long)end + piece);
            start += Reader.Take(body[start..end]);
        }
        Reader.End(body[start..], isWhole);
    }

    internal void Later(TimeSpan time) => _timeNs += time.Ticks * 100;

    internal ScrapeException Refused(string body, bool openMetrics = false, bool isWhole = true) =>
        Assert.Throws<ScrapeException>(() => Scrape(body, openMetrics, isWhole: isWhole));
}
