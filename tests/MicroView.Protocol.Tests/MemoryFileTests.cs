using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol.Tests;

public sealed class MemoryFileTests
{
    private const int Capacity = 8192, Write = 8, FutureWrite = 0x10;

    [Fact]
    public void A_created_object_is_trusted()
    {
        using var file = MemoryFile.CreateSealed("good", Capacity);
        Assert.True(MemoryFile.IsTrustworthy(file, Capacity, out var problem), problem);
        Assert.Equal(Capacity, MemoryFile.Size(file));
    }

    [Fact]
    public void A_sealed_object_can_neither_shrink_nor_grow_nor_be_sealed_further()
    {
        using var file = MemoryFile.CreateSealed("good", Capacity);
        var fd = (int)file.DangerousGetHandle();
        Assert.Equal(-1, Libc.ftruncate(fd, 0));
        Assert.Equal(-1, Libc.ftruncate(fd, Capacity * 2));
        Assert.Equal(-1, Libc.fcntl(fd, Libc.F_ADD_SEALS, FutureWrite));
    }

    [Fact]
    public void A_name_longer_than_the_kernel_takes_is_cut()
    {
        using var file = MemoryFile.CreateSealed(new('\u00e9', 300), Capacity);
        Assert.True(MemoryFile.IsTrustworthy(file, Capacity, out var problem), problem);
    }

    [Fact]
    public void The_seal_of_a_kernel_with_memfd_noexec_is_trusted()
    {
        const uint noExecSeal = 8; // what vm.memfd_noexec = 1 makes of every memfd
        var fd = Libc.memfd_create("noexec", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING | noExecSeal);
        Assert.SkipWhen(fd < 0, "the kernel is older than 6.3");
        using var file = new SafeFileHandle(fd, ownsHandle: true);
        Assert.Equal(0, Libc.ftruncate(fd, Capacity));
        Assert.Equal(0, Libc.fcntl(fd, Libc.F_ADD_SEALS, Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL));
        Assert.True(MemoryFile.IsTrustworthy(file, Capacity, out var problem), problem);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Libc.F_SEAL_SHRINK)]
    [InlineData(Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL)]
    [InlineData(Libc.F_SEAL_SHRINK | Libc.F_SEAL_SEAL)]
    [InlineData(Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW)]
    [InlineData(Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL | Write)]
    [InlineData(Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL | FutureWrite)]
    public void Any_other_seals_are_refused(int seals)
    {
        using var file = Sealed(Capacity, seals);
        Assert.False(MemoryFile.IsTrustworthy(file, Capacity, out var problem));
        Assert.Contains($"0x{seals:x}", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Capacity - 4096)]
    [InlineData(Capacity + 4096)]
    [InlineData(0)]
    public void Another_size_is_refused(int size)
    {
        using var file = Sealed(size, Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL);
        Assert.False(MemoryFile.IsTrustworthy(file, Capacity, out var problem));
        Assert.Contains($"{size} bytes, but {Capacity}", problem, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => ObjectReader.Map(file, new(Capacity, 1), 1));
    }

    [Fact]
    public void What_is_no_memfd_is_refused()
    {
        using var proc = File.OpenHandle("/proc/self/status");
        Assert.False(MemoryFile.IsTrustworthy(proc, Capacity, out var problem));
        Assert.Contains("tmpfs", problem, StringComparison.Ordinal);
        var path = $"/dev/shm/microview-test-{Environment.ProcessId}";
        using (var unsealable = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose, 0))
        {
            RandomAccess.SetLength(unsealable, Capacity);
            Assert.False(MemoryFile.IsTrustworthy(unsealable, Capacity, out problem));
            Assert.Contains("seals", problem, StringComparison.Ordinal);
        }
        var closed = MemoryFile.CreateSealed("closed", Capacity);
        closed.Dispose();
        Assert.False(MemoryFile.IsTrustworthy(closed, Capacity, out problem));
        Assert.Contains("closed", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_of_the_reopened_file_cannot_write()
    {
        using var page = PageObject.Create("read-only", new(Capacity, 1));
        using var reader = MemoryFile.ReopenReadOnly(page.File);
        Assert.False(MemoryFile.WriteAt(reader, 0, 1));
        Assert.ThrowsAny<IOException>(() => PageObject.Map(reader, page.Geometry, page.Epoch));
    }

    internal static SafeFileHandle Sealed(int size, int seals)
    {
        var fd = Libc.memfd_create("odd", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        Assert.Equal(0, Libc.ftruncate(fd, size));
        Assert.True(seals == 0 || Libc.fcntl(fd, Libc.F_ADD_SEALS, seals) == 0, "this kernel lacks the seal");
        return new(fd, ownsHandle: true);
    }
}
