namespace MicroView.Protocol;

/// <summary>
/// How slots lie in an object of a given capacity and number of stripes (docs/page-format.md, "Slots and stripes").
/// Immutable; every offset is in bytes from the object's start.
/// </summary>
public readonly record struct SlotGeometry
{
    /// <summary>The object's size in bytes, a multiple of <see cref="PageFormat.PageSize"/>.</summary>
    public int Capacity { get; }

    /// <summary>Stripes: 1, 2, 4 or 8.</summary>
    public int Stripes { get; }

    /// <exception cref="ArgumentOutOfRangeException">The capacity or the number of stripes is not one the format allows.</exception>
    public SlotGeometry(int capacity, int stripes)
    {
        if (!IsValid(capacity, stripes, out var problem))
            throw new ArgumentOutOfRangeException(nameof(capacity), problem);
        Capacity = capacity;
        Stripes = stripes;
    }

    /// <summary>Tells whether a capacity and a number of stripes, as a peer announced them, are allowed, and if not why.</summary>
    public static bool IsValid(int capacity, int stripes, out string problem)
    {
        problem = "";
        if (stripes is not (1 or 2 or 4 or 8))
            problem = $"stripes is {stripes}; it must be 1, 2, 4 or 8";
        else if (capacity % PageFormat.PageSize != 0 || capacity < 2 * PageFormat.PageSize || capacity > PageFormat.MaxCapacity)
            problem = $"capacity is {capacity} bytes; it must be a multiple of {PageFormat.PageSize} from {2 * PageFormat.PageSize} to {PageFormat.MaxCapacity}";
        return problem.Length == 0;
    }

    /// <summary>How many slots fit.</summary>
    public int Slots => (Capacity - PageFormat.SlotsOffset) / (PageFormat.LineSize * Stripes) * PageFormat.SlotsPerLine;

    /// <summary>Distance between a slot and the same slot in the next stripe.</summary>
    public static int StripeStride => PageFormat.LineSize;

    /// <summary>Offset of a slot in a stripe. Not checked against the capacity.</summary>
    public int Offset(int slot, int stripe = 0) =>
        PageFormat.SlotsOffset + ((slot >> 3) * Stripes + stripe) * PageFormat.LineSize + (slot & 7) * sizeof(double);

    /// <summary>End of the used prefix when <paramref name="slots"/> slots are assigned.</summary>
    public int UsedBytes(int slots) =>
        PageFormat.SlotsOffset + (slots + PageFormat.SlotsPerLine - 1) / PageFormat.SlotsPerLine * Stripes * PageFormat.LineSize;

    /// <summary>End of a row of <paramref name="rowSlots"/> slots with its stamp, which is the line behind the used prefix.</summary>
    public int StampedBytes(int rowSlots) => UsedBytes(rowSlots) + PageFormat.LineSize;

    /// <summary>Tells whether a row of so many slots and its stamp fit: rows have one stripe.</summary>
    public bool CanStamp(int rowSlots) => rowSlots > 0 && Stripes == 1 && rowSlots <= Slots && StampedBytes(rowSlots) <= Capacity;
}
