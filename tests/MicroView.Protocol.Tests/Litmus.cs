namespace MicroView.Protocol.Tests;

/// <summary>What a litmus run saw.</summary>
internal sealed record Sightings(long Reads, long Torn);

/// <summary>
/// A writer thread and a reader on one object, for a time. The reader either obeys the row clock, or the stamp, or does not; a row is torn
/// when its slots are not all of one round.
/// </summary>
internal static class Litmus
{
    /// <summary>Fewer prove nothing: on a busy machine a run goes on for them, for so many ms.</summary>
    internal const int WantedReads = 100, Patience = 4000;

    internal const int Slots = 256;

    /// <summary>Reads rows past the sequence: proves that a tear can be seen on this machine.</summary>
    internal static Sightings IgnoringTheSequence(TimeSpan time) => Run(time, BatchWriter, page => page, (page, values) =>
    {
        for (var slot = 0; slot < Slots; slot++)
            values[slot] = page.Cell(slot).Value;
        return true;
    }, IsMixed);

    /// <summary>Reads rows as the ordering contract says.</summary>
    internal static Sightings ObeyingTheSequence(TimeSpan time, bool mapped) => Run(time, BatchWriter, page => Reader(page, mapped), IsFresh, IsMixed);

    /// <summary>Copies each row once and takes what the trust lets through.</summary>
    internal static Sightings CopyingOnce(TimeSpan time, CopyOrder order, CopyTrust trust) =>
        Run(time, BatchWriter, page => new SingleCopies(page, Reader(page, order != CopyOrder.Positional), order, trust), (copies, values) => copies.Read(values), IsMixed);

    /// <summary>Reads live stores of two bit patterns, whose halves all differ: anything else is a torn element.</summary>
    internal static Sightings LiveElements(TimeSpan time, bool mapped) => Run(time, PatternWriter, page => Reader(page, mapped), IsFresh, IsNoPattern);

    private static Sightings Run<TReader>(
        TimeSpan time, Action<PageObject, long> write, Func<PageObject, TReader> open, Func<TReader, double[], bool> read, Func<double[], bool> isTorn)
        where TReader : IDisposable
    {
        using var page = PageObject.Create("litmus", new(8192, 1));
        page.RowSlots = Slots;
        using var reader = open(page);
        var stop = false;
        var writer = new Thread(() =>
        {
            for (long round = 1; !Volatile.Read(ref stop); round++)
                write(page, round);
        });
        writer.Start();
        var values = new double[Slots];
        long reads = 0, torn = 0;
        var start = Environment.TickCount64;
        while (Environment.TickCount64 - start is var elapsed && (elapsed < time.TotalMilliseconds || (reads < WantedReads && elapsed < Patience)))
        {
            if (!read(reader, values))
                continue;
            reads++;
            torn += isTorn(values) ? 1 : 0;
        }
        Volatile.Write(ref stop, true);
        writer.Join();
        return new(reads, torn);
    }

    private static ObjectReader Reader(PageObject page, bool mapped)
    {
        var file = MemoryFile.ReopenReadOnly(page.File);
        var reader = mapped ? ObjectReader.Map(file, page.Geometry, page.Epoch) : ObjectReader.Positional(file, page.Geometry, page.Epoch);
        reader.Slots = Slots;
        return reader;
    }

    [ThreadStatic]
    private static double[]? t_row;

    private static void BatchWriter(PageObject page, long round)
    {
        var row = t_row ??= new double[Slots];
        Array.Fill(row, round);
        page.WriteRow(row, round);
        if (round % 4 != 0)
            return;
        // A gap, so that a reader gets between the rows; not by SpinWait, whose pauses leave a virtual machine for long.
        for (var until = Clocks.MonotonicNs + 20_000; Clocks.MonotonicNs < until;)
        {
        }
    }

    private static void PatternWriter(PageObject page, long round)
    {
        var value = BitConverter.Int64BitsToDouble(round % 2 == 0 ? 0x1111_1111_1111_1111 : 0x2222_2222_2222_2222);
        for (var slot = 0; slot < Slots; slot++)
            page.Cell(slot).Store(value);
    }

    private static bool IsFresh(ObjectReader reader, double[] values) => reader.Read(values, 0) == RowStatus.Fresh;

    private static bool IsMixed(double[] values) => values.AsSpan().ContainsAnyExcept(values[0]);

    private static bool IsNoPattern(double[] values)
    {
        foreach (var value in values)
            if (BitConverter.DoubleToInt64Bits(value) is not (0 or 0x1111_1111_1111_1111 or 0x2222_2222_2222_2222))
                return true;
        return false;
    }
}
