using System.Runtime.CompilerServices;
using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>A number that goes up and down.</summary>
public sealed class Gauge : Metric
{
    private SlotCell _cell;

    internal Gauge(MetricIdentity identity) : base(identity)
    {
    }

    /// <summary>The value; a gauge that was never set is 0.</summary>
    public double Value => _cell.Value;

    /// <summary>Sets the value: one plain store, the last of several threads wins. NaN means "no value".</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(double value) => _cell.Store(value);

    /// <summary>Adds, or subtracts a negative amount; from many threads none is lost. A non-finite amount is ignored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(double amount)
    {
        if (double.IsFinite(amount))
            _cell.Add(amount);
    }

    internal override SlotDescriptor[] Describe() => [Descriptor(SlotRole.Value)];

    private protected override void Bind(SlotCell[] cells, int stripes) => _cell = cells[0];
}
