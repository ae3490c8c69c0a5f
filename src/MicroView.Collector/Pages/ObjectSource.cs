using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// A source over a pod's objects, which are read one after the other into one row. Object 0's clock is the row's: a batch writer of several objects
/// stamps them all within one round, and a row that moved in a later object alone keeps its time.
/// </summary>
public abstract class ObjectSource : PageSource
{
    private readonly int[] _places;
    private readonly double[] _held;

    /// <summary>A source over objects in order.</summary>
    /// <param name="capacities">Slots of each object; all but the last are full.</param>
    /// <param name="slots">The pod's published slots; those beyond the objects' capacity are not read.</param>
    protected ObjectSource(IEnumerable<int> capacities, int slots)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        // Object i holds the slots from Places[i] on, up to the next one's.
        var places = new List<int> { 0 };
        foreach (var capacity in capacities)
            places.Add(Math.Min(slots, places[^1] + capacity));
        if (places.Count == 1)
            throw new ArgumentException("a pod has at least one object", nameof(capacities));
        _places = [.. places];
        Slots = _places[^1];
        _held = Objects == 1 ? [] : new double[Slots];
        Array.Fill(_held, double.NaN); // a slot that was not read yet
    }

    /// <inheritdoc/>
    public override int Slots { get; }

    /// <summary>How many objects.</summary>
    protected int Objects => _places.Length - 1;

    /// <summary>Slots of the row that object <paramref name="index"/> holds.</summary>
    protected int SlotsOf(int index) => _places[index + 1] - _places[index];

    /// <summary>Reads object <paramref name="index"/>.</summary>
    /// <param name="index">Its place.</param>
    /// <param name="values">At least <see cref="SlotsOf"/> values.</param>
    /// <param name="nowNs">The reader's monotonic clock, ns.</param>
    protected abstract RowStatus ReadObject(int index, Span<double> values, long nowNs);

    /// <summary>Looks at the header of object <paramref name="index"/>.</summary>
    protected abstract RowStatus LookAtObject(int index, long nowNs);

    /// <summary>What object 0's header and row said at the last read.</summary>
    protected abstract (ulong Generation, long RowTimeNs) First { get; }

    /// <inheritdoc/>
    public override RowStatus Read(Span<double> row, long nowNs)
    {
        var status = Objects == 1 ? ReadObject(0, row, nowNs) : ReadAll(row, nowNs);
        (Generation, RowTimeNs) = First;
        return status;
    }

    /// <inheritdoc/>
    public override RowStatus Look(long nowNs)
    {
        var status = RowStatus.Fresh;
        for (var i = 0; i < Objects; i++)
            status = Combine(status, LookAtObject(i, nowNs));
        Generation = First.Generation;
        return status;
    }

    /// <summary>
    /// An object whose row has not moved keeps its values from before, which are in neither of the caller's buffers for sure.
    /// </summary>
    private RowStatus ReadAll(Span<double> row, long nowNs)
    {
        var status = RowStatus.Unchanged;
        for (var i = 0; i < Objects; i++)
            status = Combine(status, ReadObject(i, _held.AsSpan(_places[i]), nowNs));
        if (status == RowStatus.Fresh)
            _held.CopyTo(row);
        return status;
    }

    /// <summary>One object in trouble decides for the pod; else one fresh object makes the row fresh.</summary>
    private static RowStatus Combine(RowStatus before, RowStatus next) => (before, next) switch
    {
        ( > RowStatus.Unchanged, _) => (RowStatus)Math.Max((byte)before, (byte)next),
        (_, > RowStatus.Unchanged) => next,
        (RowStatus.Fresh, _) or (_, RowStatus.Fresh) => RowStatus.Fresh,
        _ => RowStatus.Unchanged,
    };
}
