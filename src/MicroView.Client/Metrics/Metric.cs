using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>
/// A metric in this process's memory. Members are thread-safe unless said otherwise and never throw. Disposing removes it: its slots
/// hold NaN for good, and later updates go nowhere.
/// </summary>
public abstract class Metric : IDisposable
{
    private protected Metric(MetricIdentity identity) => Identity = identity;

    /// <summary>The name, as it was given.</summary>
    public string Name => Identity.Name;

    /// <summary>
    /// True when the metric takes updates but shows them to nobody: its name or labels broke a rule, its name belongs to a metric of another
    /// kind, the memory is full, or it was removed.
    /// </summary>
    public bool IsInert { get; private set; } = true;

    internal MetricIdentity Identity { get; }

    /// <summary>Keeps every object of the client mapped for as long as the metric is held.</summary>
    internal MetricRegistry? Owner { get; private set; }

    internal int FirstSlot { get; private set; } = -1;

    /// <summary>Removes the metric; a later one of the same name and labels gets other slots.</summary>
    public void Dispose()
    {
        Owner?.Remove(this);
        GC.SuppressFinalize(this);
    }

    /// <summary>Descriptors of the slots it needs, in order.</summary>
    internal abstract SlotDescriptor[] Describe();

    /// <summary>Goes live at these slots, or, inert, at slots that nobody reads.</summary>
    internal void Place(MetricRegistry owner, SlotCell[] cells, int stripes, int firstSlot)
    {
        Bind(cells, stripes);
        Owner = owner;
        FirstSlot = firstSlot;
        IsInert = firstSlot < 0;
    }

    /// <summary>
    /// Takes the cells. An update that runs meanwhile may mix old and new: harmless, since <see cref="Owner"/> keeps both mapped.
    /// </summary>
    private protected abstract void Bind(SlotCell[] cells, int stripes);

    private protected SlotDescriptor Descriptor(SlotRole role, double? bound = null) => new()
    {
        Name = Identity.Name, Type = Identity.Type, Role = role, Labels = Identity.Labels, Unit = Identity.Info?.Unit,
        Help = Identity.Info?.Help, Resolution = Identity.Info?.Resolution, Bound = bound,
    };
}
