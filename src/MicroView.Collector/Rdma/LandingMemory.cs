namespace MicroView.Collector;

/// <summary>A part of landing memory. Valid until it is returned.</summary>
/// <param name="Block">Where it lies.</param>
/// <param name="Offset">Its first byte in the block.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct LandingSlice(LandingBlock Block, int Offset, int Length)
{
    /// <summary>As a request names it.</summary>
    public ulong Address => Block.Address + (ulong)Offset;

    public uint LocalKey => Block.LocalKey;

    public Span<byte> Span => Block.Span(Offset, Length);
}

/// <summary>
/// Registered memory that READs land in, in slices. Thread-safe: the layout follower takes and returns, the LMAPs read what lies in theirs.
/// </summary>
/// <remarks>
/// <para>The order that keeps a late READ out of memory that is another's by now:</para>
/// <para>1. A slice belongs to a source, and only that source's requests name it. It is returned by the source's disposal.</para>
/// <para>2. The follower disposes a source after every LMAP has applied the change that takes it out, or after the LMAPs have ended.</para>
/// <para>3. An LMAP applies changes between two passes, and a pass ends (<see cref="ScrapeReads.End"/>) only when each of its requests has completed, or its
/// queue pair has been reset, after which the device writes nothing more. An LMAP gives its queue pair away between requests alone, in the same condition.</para>
/// <para>4. If a device refuses even the reset, nothing is known, and <see cref="Freeze"/> ends all reuse: memory is then leaked until the queue pairs are destroyed.</para>
/// </remarks>
internal sealed class LandingMemory(RdmaAdapter adapter) : IDisposable
{
    private const int BlockBytes = 256 * 1024; // memlock is 8 MiB for most users
    private const int Alignment = 64; // a row's lines are cache lines

    private readonly Lock _gate = new();
    private readonly List<Block> _blocks = [];
    private bool _frozen;

    /// <summary>Bytes registered.</summary>
    public long Registered
    {
        get { lock (_gate) return _blocks.Sum(block => (long)block.Memory.Length); }
    }

    /// <summary>Bytes in slices.</summary>
    public long Taken
    {
        get { lock (_gate) return _blocks.Sum(block => block.Memory.Length - block.Free.Sum(gap => (long)gap.Length)); }
    }

    /// <summary>A slice that nothing else uses.</summary>
    /// <exception cref="MicroView.Verbs.VerbsException">No more memory can be registered.</exception>
    public LandingSlice Take(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        var rounded = Round(bytes);
        lock (_gate)
        {
            foreach (var block in _blocks)
                if (block.TryTake(rounded, out var offset))
                    return new(block.Memory, offset, bytes);
            var added = new Block(adapter.Allocate(Math.Max(BlockBytes, rounded)));
            _blocks.Add(added);
            _ = added.TryTake(rounded, out var first);
            return new(added.Memory, first, bytes);
        }
    }

    /// <summary>Takes a slice back; see the order above.</summary>
    public void Return(LandingSlice slice)
    {
        lock (_gate)
        {
            if (_frozen || _blocks.Find(block => ReferenceEquals(block.Memory, slice.Block)) is not { } home)
                return;
            home.Return(slice.Offset, Round(slice.Length));
            if (!home.IsEmpty || _blocks.Count == 1)
                return;
            _blocks.Remove(home);
            home.Memory.Dispose();
        }
    }

    /// <summary>From now on nothing that is returned is used again.</summary>
    public void Freeze()
    {
        lock (_gate)
            _frozen = true;
    }

    /// <summary>Deregisters all; the queue pairs must have been destroyed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var block in _blocks)
                block.Memory.Dispose();
            _blocks.Clear();
        }
    }

    private static int Round(int bytes) => checked(bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>A block and its gaps, in order of address and never adjacent.</summary>
    private sealed class Block(LandingBlock memory)
    {
        public LandingBlock Memory { get; } = memory;

        public List<(int Offset, int Length)> Free { get; } = [(0, memory.Length)];

        public bool IsEmpty => Free is [var gap] && gap.Length == Memory.Length;

        public bool TryTake(int bytes, out int offset)
        {
            offset = 0;
            var at = Free.FindIndex(gap => gap.Length >= bytes);
            if (at < 0)
                return false;
            var gap = Free[at];
            offset = gap.Offset;
            if (gap.Length == bytes)
                Free.RemoveAt(at);
            else
                Free[at] = (gap.Offset + bytes, gap.Length - bytes);
            return true;
        }

        public void Return(int offset, int length)
        {
            var at = Free.FindIndex(gap => gap.Offset > offset);
            if (at < 0)
                at = Free.Count;
            Free.Insert(at, (offset, length));
            if (at + 1 < Free.Count && offset + length == Free[at + 1].Offset)
            {
                Free[at] = (offset, length + Free[at + 1].Length);
                Free.RemoveAt(at + 1);
            }
            if (at > 0 && Free[at - 1].Offset + Free[at - 1].Length == offset)
            {
                Free[at - 1] = (Free[at - 1].Offset, Free[at - 1].Length + Free[at].Length);
                Free.RemoveAt(at);
            }
        }
    }
}
