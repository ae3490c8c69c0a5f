using System.Text;
using CsCheck;

namespace MicroView.Host.Tests;

public sealed class KernelTextTests
{
    private const string Tail = " S 7 1 1 0 -1 4194304 11 0 22 0 30 40 0 0 20 0 5 0 777 8192000 500 1\n";

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    [Theory]
    [InlineData("plain")]
    [InlineData("with space")]
    [InlineData(") S 1 2 3")]
    [InlineData("((")]
    [InlineData("line\nbreak")]
    [InlineData("")]
    public void A_name_in_stat_may_hold_anything(string name)
    {
        Assert.True(ProcessStat.TryParse(Utf8($"42 ({name}){Tail}"), out var stat));
        Assert.Equal(new((byte)'S', 7, 4194304, 11, 22, 70, 5, 777, 8192000), stat);
    }

    [Fact]
    public void Stat_that_was_cut_anywhere_is_refused_or_read_alike()
    {
        var text = Utf8("42 (a b)" + Tail);
        Assert.True(ProcessStat.TryParse(text, out var whole));
        for (var length = 0; length < text.Length; length++)
            if (ProcessStat.TryParse(text.AsSpan(0, length), out var cut))
                Assert.Equal(whole, cut);
    }

    [Fact]
    public void No_bytes_break_a_parser()
    {
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            _ = ProcessStat.TryParse(bytes, out _);
            _ = NetworkReader.TryParse(bytes, out _);
            var cells = new CgroupCells();
            foreach (var file in Enum.GetValues<CgroupFile>())
                CgroupFiles.Parse(file, bytes, ref cells);
            var entries = new MicroView.Protocol.DirectoryEntries(bytes);
            var steps = 0;
            while (entries.Next())
                Assert.True(++steps <= bytes.Length);
        });
    }

    [Theory]
    [InlineData("12\n", 12)]
    [InlineData("  7 8", 7)]
    [InlineData("max\n", -1)]
    [InlineData("", -1)]
    [InlineData("-3", -1)]
    [InlineData("99999999999999999999999", long.MaxValue)]
    public void A_number(string text, long value) => Assert.Equal(value, KernelText.Number(Utf8(text)));

    [Fact]
    public void Network_counters_leave_lo_out_and_count_aliases()
    {
        var text = Utf8("Inter-| Receive | Transmit\n face |bytes\n    lo: 99 9 0 0 0 0 0 0 99 9 0 0 0 0 0 0\n  eth0: 100 2 0 0 0 0 0 0 300 4 0 0 0 0 0 0\neth0:1:5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\n");
        Assert.True(NetworkReader.TryParse(text, out var sums));
        Assert.Equal((105, 3, 306, 5), sums);
        Assert.False(NetworkReader.TryParse([], out _));
    }

    [Fact]
    public void Version_1_sums_devices_and_reads_no_limit_as_none()
    {
        var cells = new CgroupCells();
        CgroupFiles.Parse(CgroupFile.IoBytes1, Utf8("8:0 Read 10\n8:0 Write 20\n8:0 Sync 1\n8:16 Read 5\nTotal 36\n"), ref cells);
        CgroupFiles.Parse(CgroupFile.MemoryLimit, Utf8("9223372036854771712\n"), ref cells);
        CgroupFiles.Parse(CgroupFile.MemoryUsage, Utf8("1000\n"), ref cells);
        CgroupFiles.Parse(CgroupFile.MemoryStat1, Utf8("cache 1\nrss 2\ntotal_cache 30\ntotal_rss 40\ntotal_inactive_file 300\n"), ref cells);
        CgroupFiles.Parse(CgroupFile.MemoryOom1, Utf8("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), ref cells);
        Assert.Equal((15, 20, 0, 30, 40, 700, 3), (cells[CgroupMetric.ReadBytes], cells[CgroupMetric.WrittenBytes], cells[CgroupMetric.LimitBytes],
            cells[CgroupMetric.CacheBytes], cells[CgroupMetric.RssBytes], cells[CgroupMetric.WorkingSetBytes], cells[CgroupMetric.OomKills]));
    }
}
