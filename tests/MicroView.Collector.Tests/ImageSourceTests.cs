using MicroView.Protocol;

namespace MicroView.Collector.Tests;

public sealed class ImageSourceTests
{
    private const long Now = 1_000_000_000;

    [Fact]
    public void Objects_are_one_row_of_which_each_holds_its_part()
    {
        using var source = CopiedSource.Create([Page(1), Page(1)], slots: Slots + 3);
        source.Pages[0].Cell(Slots - 1).Store(7);
        source.Pages[1].Cell(2).Store(9);
        var row = new double[Slots + 3];
        Assert.Equal(RowStatus.Fresh, source.Read(row, Now));
        Assert.Equal((7, 9), (row[Slots - 1], row[Slots + 2]));
        Assert.Equal(PageFormat.HeaderSize + PageFormat.LineSize, source.ImageBytes(1));
    }

    [Fact]
    public void Stripes_are_folded()
    {
        using var source = CopiedSource.Create([Page(4)], slots: 9);
        source.Pages[0].Cell(8, 0).Store(1);
        source.Pages[0].Cell(8, 3).Store(2);
        var row = new double[9];
        Assert.Equal(RowStatus.Fresh, source.Read(row, Now));
        Assert.Equal(3, row[8]);
    }

    [Fact]
    public void A_row_counts_once_and_keeps_its_time()
    {
        using var source = CopiedSource.Create([Page(1, rowSlots: 3)], slots: 3, rowSlots: 3);
        source.Pages[0].WriteRow([1, 2, 3], 42);
        var row = new double[8];
        Assert.Equal(RowStatus.Fresh, source.Read(row, Now));
        Assert.Equal((42, 2), (source.RowTimeNs, row[1]));
        source.Pages[0].Heartbeat++;
        Assert.Equal(RowStatus.Unchanged, source.Read(row, Now + 1));
    }

    [Fact]
    public void A_row_whose_stamp_is_another_rows_is_torn()
    {
        using var source = CopiedSource.Create([Page(1, rowSlots: 3)], slots: 3, rowSlots: 3);
        source.Pages[0].WriteRow([1, 2, 3], 42);
        source.Pages[0].Cell(1).Store(99); // as a copy would hold it that was made while the writer was inside
        Assert.Equal(RowStatus.Torn, source.Read(new double[8], Now));
    }

    [Fact]
    public void Without_images_the_row_is_left_alone_and_the_reason_is_the_answer()
    {
        using var source = CopiedSource.Create([Page(1)], slots: 1);
        double[] row = [5];
        source.Missing = RowStatus.Stale;
        Assert.Equal(RowStatus.Stale, source.Read(row, Now));
        source.Missing = RowStatus.Fresh;
        source.Short = true;
        Assert.Equal(RowStatus.Unreadable, source.Read(row, Now));
        Assert.Equal(5, row[0]);
        source.Short = false;
        Assert.Equal(RowStatus.Fresh, source.Read(row, Now));
        Assert.Equal(0, row[0]);
    }

    [Fact]
    public void One_object_in_trouble_decides_for_the_pod()
    {
        using var source = CopiedSource.Create([Page(1), Page(1)], slots: Slots + 1);
        var row = new double[Slots + 1];
        Assert.Equal(RowStatus.Fresh, source.Read(row, Now));
        MemoryFile.WriteAt(source.Pages[1].File, PageFormat.HeaderOffset, 0xDEAD);
        Assert.Equal(RowStatus.Quarantined, source.Read(row, Now + 1));
    }

    private static int Slots => new SlotGeometry(8192, 1).Slots;

    private static PageObject Page(int stripes, int rowSlots = 0)
    {
        var page = PageObject.Create("image", new SlotGeometry(8192, stripes));
        page.RowSlots = rowSlots;
        return page;
    }

    private sealed class CopiedSource(PageObject[] pages, ObjectReader[] copiers, ImageReader[] readers, int slots) : ImageSource(readers, slots)
    {
        private readonly byte[][] _images = [.. pages.Select(_ => new byte[8192 - PageFormat.HeaderOffset])];

        public PageObject[] Pages => pages;
        public RowStatus Missing { get; set; } = RowStatus.Fresh;
        public bool Short { get; set; }

        public static CopiedSource Create(PageObject[] pages, int slots, int rowSlots = 0) => new(pages,
            [.. pages.Select(page => ObjectReader.Map(MemoryFile.ReopenReadOnly(page.File), page.Geometry, page.Epoch))],
            [.. pages.Select(page => new ImageReader(page.Geometry, page.Epoch, rowSlots))], slots);

        public override void Dispose()
        {
            foreach (var copier in copiers)
                copier.Dispose();
            foreach (var page in pages)
                page.Unmap();
        }

        protected override RowStatus Fetch(long nowNs)
        {
            for (var i = 0; i < _images.Length; i++)
                Assert.True(copiers[i].TryCopy(_images[i].AsSpan(0, ImageBytes(i))));
            return Missing;
        }

        protected override ReadOnlySpan<byte> Image(int index) => _images[index].AsSpan(0, ImageBytes(index) - (Short ? 1 : 0));
    }
}
