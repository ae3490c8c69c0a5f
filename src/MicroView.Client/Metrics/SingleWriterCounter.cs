using System.Runtime.CompilerServices;
using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>A number that only grows, for one thread at a time: cheaper than <see cref="Counter"/>, but two threads at once would lose increments.</summary>
public sealed class SingleWriterCounter : Metric
{
    private const ulong WholeLimit = 0x4330_0000_0000_0000; // the bits of 2^52: below it a whole amount is exact as an integer

    private SlotCell _cell;

    // The writer's own tally; the slot is its copy. An integer in memory is added to in a third of the time that a double takes,
    // whose load waits for the store before it.
    private long _whole;
    private double _rest;

    internal SingleWriterCounter(MetricIdentity identity) : base(identity)
    {
    }

    /// <summary>The value.</summary>
    public double Value => _cell.Value;

    /// <summary>Adds one. Not thread-safe.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Increment() => _cell.Store(++_whole + _rest);

    /// <summary>Adds <paramref name="amount"/>; a negative or non-finite amount is ignored. Not thread-safe.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(double amount)
    {
        var whole = (long)amount;
        if (BitConverter.DoubleToUInt64Bits(amount) < WholeLimit && whole == amount)
            _cell.Store((_whole += whole) + _rest);
        else
            AddRest(amount);
    }

    internal override SlotDescriptor[] Describe() => [Descriptor(SlotRole.Value)];

    private protected override void Bind(SlotCell[] cells, int stripes) => _cell = cells[0];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddRest(double amount)
    {
        if (Counter.IsAmount(amount))
            _cell.Store(_whole + (_rest += amount));
    }
}
