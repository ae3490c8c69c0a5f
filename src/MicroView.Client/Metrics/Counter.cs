using System.Runtime.CompilerServices;
using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>A number that only grows, for any number of threads.</summary>
public sealed class Counter : Metric
{
    private SlotCell _cell;
    private int _mask;

    internal Counter(MetricIdentity identity) : base(identity)
    {
    }

    /// <summary>The sum over all threads.</summary>
    public double Value => Sum(_cell, _mask + 1);

    /// <summary>Adds one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Increment() => Add(1);

    /// <summary>Adds <paramref name="amount"/>; a negative or non-finite amount is ignored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(double amount)
    {
        if (!_cell.TryAddAmount(amount, ThreadStripe.Place & _mask))
            AddElsewhere(_cell, amount, _mask);
    }

    /// <summary>One comparison: negative numbers, infinities and NaN are all large as unsigned bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsAmount(double amount) => BitConverter.DoubleToUInt64Bits(amount) < 0x7FF0_0000_0000_0000;

    internal static double Sum(SlotCell cell, int stripes)
    {
        var sum = 0.0;
        for (var stripe = 0; stripe < stripes; stripe++)
            sum += cell.ValueIn(stripe);
        return sum;
    }

    /// <summary>Another thread changed the value just now: leaves it its stripe.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void AddElsewhere(SlotCell cell, double amount, int mask) => cell.Add(amount, ThreadStripe.Move() & mask);

    internal override SlotDescriptor[] Describe() => [Descriptor(SlotRole.Value)];

    private protected override void Bind(SlotCell[] cells, int stripes) =>
        (_cell, _mask) = (cells[0], stripes - 1);
}
