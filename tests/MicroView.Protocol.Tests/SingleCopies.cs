using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroView.Protocol.Tests;

/// <summary>In which order the lines of an object are copied.</summary>
public enum CopyOrder
{
    /// <summary>As a reader copies a mapping: rising.</summary>
    Mapped,

    /// <summary>By pread: rising.</summary>
    Positional,

    /// <summary>The stamp first, the header last.</summary>
    Falling,

    /// <summary>Header and stamp before the slots between them.</summary>
    EndsFirst,

    /// <summary>Another order each time.</summary>
    Shuffled,
}

/// <summary>Which copies are taken for whole rows.</summary>
public enum CopyTrust
{
    /// <summary>All.</summary>
    Blind,

    /// <summary>Those whose header and stamp agree.</summary>
    Stamps,

    /// <summary>Those that <see cref="ImageReader"/> takes.</summary>
    Check,
}

/// <summary>Copies an object's rows, each copy made once, in an order that the writer does not know.</summary>
internal sealed class SingleCopies : IDisposable
{
    private readonly ObjectReader _copier;
    private readonly CopyOrder _order;
    private readonly CopyTrust _trust;
    private readonly ImageReader _reader;
    private readonly byte[] _image;
    private readonly int[] _lines;
    private readonly nint _source;
    private readonly Random _random = new(5);
    private ulong _last;

    public SingleCopies(PageObject page, ObjectReader copier, CopyOrder order, CopyTrust trust)
    {
        (_copier, _order, _trust) = (copier, order, trust);
        _reader = new(page.Geometry, page.Epoch, page.RowSlots) { Slots = page.RowSlots };
        _image = new byte[_reader.ImageBytes];
        _source = page.Address + PageFormat.HeaderOffset;
        var lines = Enumerable.Range(0, _image.Length / PageFormat.LineSize);
        _lines = [.. order switch
        {
            CopyOrder.Falling => lines.Reverse(),
            CopyOrder.EndsFirst => lines.OrderBy(line => line == 0 || line == lines.Last() ? 0 : 1),
            _ => lines,
        }];
    }

    public void Dispose() => _copier.Dispose();

    /// <summary>True when the copy passes for a whole row that was not seen before.</summary>
    public bool Read(double[] values)
    {
        if (_order <= CopyOrder.Positional)
            Assert.True(_copier.TryCopy(_image));
        else
            CopyLines();
        if (_trust == CopyTrust.Check)
            return _reader.Read(_image, values, 0) == RowStatus.Fresh;
        if (_trust == CopyTrust.Stamps && !StampsAgree())
            return false;
        MemoryMarshal.Cast<byte, double>(_image.AsSpan(PageFormat.HeaderSize))[..values.Length].CopyTo(values);
        return true;
    }

    private void CopyLines()
    {
        if (_order == CopyOrder.Shuffled)
            _random.Shuffle(_lines);
        var source = MemoryMarshal.CreateSpan(ref Unsafe.AddByteOffset(ref Unsafe.NullRef<ulong>(), _source), _image.Length / sizeof(ulong));
        var target = MemoryMarshal.Cast<byte, ulong>(_image.AsSpan());
        foreach (var line in _lines)
            for (var word = line * 8; word < line * 8 + 8; word++)
                target[word] = Volatile.Read(ref source[word]); // in this order on every processor
    }

    private bool StampsAgree()
    {
        var words = MemoryMarshal.Cast<byte, ulong>(_image.AsSpan());
        var (sequence, time) = (words[4], words[5]);
        var agree = sequence != 0 && (sequence & 1) == 0 && sequence != _last && words[^8] == sequence && words[^7] == time;
        _last = agree ? sequence : _last;
        return agree;
    }
}
