using System.Diagnostics;

namespace MicroView.Protocol.Tests;

public sealed class NamedSegmentTests : IDisposable
{
    private const int Capacity = 16 * 4096;
    private readonly string _name = $"microview-test-{Guid.NewGuid():N}";
    private readonly NamedSegment _segment;

    public NamedSegmentTests() => _segment = NamedSegment.Create(_name, Capacity);

    public void Dispose()
    {
        _segment.Unlink();
        _segment.Dispose();
    }

    [Fact]
    public void A_segment_is_private_full_size_and_its_name_taken()
    {
        Assert.Equal(Capacity, _segment.Size);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"/dev/shm/{_name}"));
        Assert.Throws<SystemCallException>(() => NamedSegment.Create(_name, Capacity));
        using var again = NamedSegment.Open(_name);
        Assert.Equal(Capacity, again.Size);
        Assert.Throws<SystemCallException>(() => NamedSegment.Open(_name + "-none"));
    }

    [Fact]
    public void The_group_gets_its_bits_whatever_the_umask()
    {
        using var shared = NamedSegment.Create(_name + "-g", Capacity, mode: 0x1B0);
        shared.Unlink();
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode($"/proc/self/fd/{shared.File.DangerousGetHandle()}"));
    }

    [Fact]
    public void A_symbolic_link_in_its_place_is_not_followed()
    {
        var link = $"/dev/shm/{_name}-link";
        File.CreateSymbolicLink(link, $"/dev/shm/{_name}");
        try
        {
            Assert.Throws<SystemCallException>(() => NamedSegment.Open(_name + "-link"));
        }
        finally
        {
            File.Delete(link);
        }
    }

    [Fact]
    public void A_mapping_for_a_registration_is_a_writer_while_it_stands_and_none_afterwards()
    {
        var seen = _segment.WithMapping(Capacity, address =>
        {
            System.Runtime.InteropServices.Marshal.WriteInt64(address, 8192, 4711); // the segment itself, not a copy of it
            return (File.ReadAllText("/proc/self/maps").Contains(_name, StringComparison.Ordinal), _segment.HasWriters());
        });
        Assert.Equal((true, true), seen);
        Assert.False(_segment.HasWriters()); // a mapping that stayed would hide that nobody holds it
        Assert.DoesNotContain(_name, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
        var word = new byte[8];
        Assert.Equal(8, MemoryFile.ReadAt(_segment.File, word, 8192));
        Assert.Equal(4711, BitConverter.ToInt64(word));
        Assert.Throws<InvalidOperationException>(() => _segment.WithMapping<int>(Capacity, _ => throw new InvalidOperationException()));
        Assert.False(_segment.HasWriters());
    }

    [Fact]
    public void A_writer_in_this_process_is_seen_until_it_closes()
    {
        Assert.False(_segment.HasWriters());
        using (_segment.OpenWriter())
            Assert.True(_segment.HasWriters());
        Assert.False(_segment.HasWriters());
    }

    /// <summary>The artifact's client: opens the name, maps it, closes the descriptor, and stores through the mapping.</summary>
    [Fact]
    [Trait("group", "slow")]
    public async Task A_process_that_only_maps_the_segment_is_seen_until_it_is_killed()
    {
        const string script = """
            import mmap, os, struct, sys
            fd = os.open('/dev/shm/' + sys.argv[1], os.O_RDWR)
            m = mmap.mmap(fd, 0)
            os.close(fd)
            m[4160:4168] = struct.pack('<d', 2.5)
            print('mapped', flush=True)
            sys.stdin.read()
            """;
        using var python = StartPython(script);
        try
        {
            Assert.Equal("mapped", await python.StandardOutput.ReadLineAsync());
            Assert.True(_segment.HasWriters());
            var value = new byte[8];
            Assert.Equal(8, MemoryFile.ReadAt(_segment.File, value, PageFormat.SlotsOffset));
            Assert.Equal(2.5, BitConverter.ToDouble(value));
        }
        finally
        {
            python.Kill();
            await python.WaitForExitAsync();
        }
        for (var deadline = Environment.TickCount64 + 20_000; _segment.HasWriters(); await Task.Delay(5))
            Assert.True(Environment.TickCount64 < deadline, "the dead process still counts as a writer");
    }

    private Process StartPython(string script)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("python3", ["-c", script, _name]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("python3 is not installed: no process of another language to hold a mapping");
            throw;
        }
    }
}
