namespace MicroView.Protocol.Tests;

public sealed class CacheLinesTests
{
    [Fact]
    public void Addresses_that_are_mapped_no_longer_or_never_were_are_no_fault()
    {
        nint gone;
        using (var page = PageObject.Create("gone", new(8192, 1)))
        {
            gone = page.Address;
            CacheLines.Prefetch([gone | 63]);
            page.Unmap();
        }
        CacheLines.Prefetch([gone | 63, 0x40 | 63, nint.MaxValue & ~63 | 63, nint.MinValue | 63, 0]);
        CacheLines.Prefetch([]);
    }
}
