using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Counters of a network namespace, through one of its processes: /proc/PID/net/dev, summed over the interfaces but lo.</summary>
internal sealed class NetworkReader(string procRoot, int process)
{
    private const string ReceivedHelp = "Received through all interfaces but lo.", SentHelp = "Sent through all interfaces but lo.";
    private HeldFile _file = new($"{procRoot}/{process}/net/dev");
    private (long ReceivedBytes, long ReceivedPackets, long SentBytes, long SentPackets) _last;

    internal int Process { get; } = process;

    /// <summary>The process is gone.</summary>
    internal bool IsLost { get; private set; }

    internal static SlotDescriptor[] Descriptors { get; } =
    [
        ProcessMetrics.Describe("container_network_receive_bytes_total", MetricType.Counter, "bytes", 16 * 1024, ReceivedHelp, null),
        ProcessMetrics.Describe("container_network_receive_packets_total", MetricType.Counter, null, 50, ReceivedHelp, null),
        ProcessMetrics.Describe("container_network_transmit_bytes_total", MetricType.Counter, "bytes", 16 * 1024, SentHelp, null),
        ProcessMetrics.Describe("container_network_transmit_packets_total", MetricType.Counter, null, 50, SentHelp, null),
    ];

    internal void Sample(SampleContext context)
    {
        IsLost = !_file.TryRead(context, out var text, out var error) && HeldFile.IsGone(error);
        if (!TryParse(text, out var now))
            return; // the process is gone, the namespace may live on: the counters stand until another process speaks for it
        _last = (Math.Max(_last.ReceivedBytes, now.ReceivedBytes), Math.Max(_last.ReceivedPackets, now.ReceivedPackets),
            Math.Max(_last.SentBytes, now.SentBytes), Math.Max(_last.SentPackets, now.SentPackets));
    }

    internal void Fill(Span<double> row) =>
        (row[0], row[1], row[2], row[3]) = (_last.ReceivedBytes, _last.ReceivedPackets, _last.SentBytes, _last.SentPackets);

    /// <summary>Another process of the same namespace goes on where <paramref name="before"/> stopped.</summary>
    internal void Continue(NetworkReader before) => _last = before._last;

    internal void Close(SampleContext context) => _file.Close(context);

    internal static bool TryParse(ReadOnlySpan<byte> text, out (long ReceivedBytes, long ReceivedPackets, long SentBytes, long SentPackets) sums)
    {
        Span<long> sum = stackalloc long[4];
        sum.Clear();
        var interfaces = 0;
        while (text.Length > 0 && text.Contains((byte)'\n') && KernelText.NextLine(ref text, out var line))
        {
            var colon = line.LastIndexOf((byte)':'); // an alias may hold colons itself
            if (colon < 0)
                continue;
            interfaces++;
            if (line[..colon].TrimStart((byte)' ').SequenceEqual("lo"u8))
                continue;
            var rest = line[(colon + 1)..];
            for (var column = 0; column < 10; column++)
            {
                var value = Math.Max(0, KernelText.Number(KernelText.NextWord(ref rest)));
                if (column is 0 or 1 or 8 or 9)
                    sum[column < 2 ? column : column - 6] += value;
            }
        }
        sums = (sum[0], sum[1], sum[2], sum[3]);
        return interfaces > 0;
    }
}
