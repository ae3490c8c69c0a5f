using System.Runtime.CompilerServices;
using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>A number that only grows, for any number of threads.</summary>
public sealed class Counter : Metric
{
    private SlotCell _cell;
    private int _stripes, _owned;

    internal Counter(MetricIdentity identity) : base(identity)
    {
    }

    /// <summary>The sum over all threads.</summary>
    public double Value => Sum(_cell, _stripes);

    /// <summary>Adds one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Increment() => AddChecked(1);

    /// <summary>Adds <paramref name="amount"/>; a negative or non-finite amount is ignored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(double amount)
    {
        if (IsAmount(amount))
            AddChecked(amount);
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

    internal override SlotDescriptor[] Describe() => [Descriptor(SlotRole.Value)];

    private protected override void Bind(SlotCell[] cells, int stripes) =>
        (_cell, _stripes, _owned) = (cells[0], stripes, ThreadStripe.OwnedOf(stripes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddChecked(double amount)
    {
        var stripe = ThreadStripe.Owned;
        if ((uint)stripe < (uint)_owned)
            _cell.AddSingleWriter(amount, stripe);
        else
            _cell.Add(amount, ThreadStripe.Shared(_stripes));
    }
}

/// <summary>A number that only grows, for one thread at a time: cheaper, but two threads at once would lose increments.</summary>
public sealed class SingleWriterCounter : Metric
{
    private SlotCell _cell;

    internal SingleWriterCounter(MetricIdentity identity) : base(identity)
    {
    }

    /// <summary>The value.</summary>
    public double Value => _cell.Value;

    /// <summary>Adds one. Not thread-safe.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Increment() => _cell.AddSingleWriter(1);

    /// <summary>Adds <paramref name="amount"/>; a negative or non-finite amount is ignored. Not thread-safe.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(double amount)
    {
        if (Counter.IsAmount(amount))
            _cell.AddSingleWriter(amount);
    }

    internal override SlotDescriptor[] Describe() => [Descriptor(SlotRole.Value)];

    private protected override void Bind(SlotCell[] cells, int stripes) => _cell = cells[0];
}
