namespace MicroView.Export;

/// <summary>
/// The series of one group as they are pushed: the names, labels and values that a scrape shows. A row becomes one value per line, a line being one series: of a histogram each
/// bucket, the sum and the count. Names and values are immutable and thread-safe; which lines a receiver has seen is <see cref="RemoteWriteRequest"/>'s, for one thread.
/// </summary>
public sealed class PushedSeries
{
    /// <summary>Bits of a value that is passed over: there is no sample, and the series has not ended either, as <see cref="ExpositionDocument.AbsentBits"/> says.</summary>
    public const long UntouchedBits = 0x7ff0000000000003;

    private readonly SeriesGroup _group;
    private readonly Series[] _series;
    private readonly string[] _names;
    private readonly int[] _firstLines;
    private readonly int[] _ofLine;

    private PushedSeries(SeriesGroup group, Series[] series)
    {
        (_group, _series) = (group, series);
        _names = [.. series.Select(one => one.Family!.Name)];
        _firstLines = new int[series.Length];
        var ofLine = new List<int>(series.Length);
        for (var i = 0; i < series.Length; i++)
        {
            _firstLines[i] = ofLine.Count;
            ofLine.AddRange(Enumerable.Repeat(i, series[i].LineCount));
        }
        _ofLine = [.. ofLine];
        IsPresent = new bool[Count];
    }

    /// <summary>Lines.</summary>
    public int Count => _ofLine.Length;

    /// <summary>Slots of the group's row.</summary>
    public int RowLength => _group.RowLength;

    /// <summary>Lines whose last sample that was written is a value.</summary>
    internal bool[] IsPresent { get; }

    /// <summary>The series of a group as they are named now.</summary>
    /// <param name="group">The group.</param>
    /// <param name="former">What was answered before; the same is answered again where nothing has changed.</param>
    public static PushedSeries Of(SeriesGroup group, PushedSeries? former = null)
    {
        ArgumentNullException.ThrowIfNull(group);
        lock (group.Document.Gate)
        {
            group.Document.Layout();
            if (former is not null && ReferenceEquals(former._group, group) && former.Holds())
                return former;
            return new(group, [.. group.Series.Where(series => series.FirstLine >= 0)]);
        }
    }

    /// <summary>Reads the group's row as a scrape would; false when there is nothing fresh, or its source threw.</summary>
    /// <param name="row">At least <see cref="RowLength"/> slots.</param>
    public bool TryRead(Span<double> row)
    {
        row = row[..RowLength];
        row.Fill(ExpositionDocument.Absent);
        lock (_group.Document.Gate)
        {
            try
            {
                return _group.Source.TryRead(row);
            }
#pragma warning disable CA1031 // As in a scrape: one group's broken source costs that group alone.
            catch (Exception)
#pragma warning restore CA1031
            {
                return false;
            }
        }
    }

    /// <summary>Makes the bits of each line's value of a row.</summary>
    /// <param name="row">The group's row.</param>
    /// <param name="bits"><see cref="Count"/> places.</param>
    /// <returns>How many of them are there.</returns>
    public int Spread(ReadOnlySpan<double> row, Span<long> bits)
    {
        for (var i = 0; i < _series.Length; i++)
        {
            var series = _series[i];
            if (series.IsHistogram)
                SeriesGroup.Accumulate(series, row, bits.Slice(_firstLines[i], series.LineCount));
            else
                bits[_firstLines[i]] = BitConverter.DoubleToInt64Bits(row[series.Metric.Slot]);
        }
        return Count - bits[..Count].Count(ExpositionDocument.AbsentBits);
    }

    /// <summary>A row that ends every line which <paramref name="successor"/> does not go on with.</summary>
    /// <param name="successor">Null: there is none.</param>
    /// <param name="bits"><see cref="Count"/> places.</param>
    /// <returns>How many lines end.</returns>
    public int End(PushedSeries? successor, Span<long> bits)
    {
        bits[..Count].Fill(ExpositionDocument.AbsentBits);
        if (successor is null)
            return Count;
        var kept = new HashSet<(string, string, string, double)>(Enumerable.Range(0, successor.Count).Select(successor.Identity));
        var ended = Count;
        for (var line = 0; line < Count; line++)
        {
            if (!kept.Contains(Identity(line)))
                continue;
            bits[line] = UntouchedBits;
            ended--;
        }
        return ended;
    }

    /// <summary>Name of a line's series, as in __name__.</summary>
    public string NameOf(int line) => _names[_ofLine[line]] + SuffixOf(line);

    internal string FamilyOf(int line) => _names[_ofLine[line]];

    internal string SuffixOf(int line) => _series[_ofLine[line]] is { IsHistogram: true } series ? series.SuffixOf(line - _firstLines[_ofLine[line]]) : "";

    internal (string Name, string Value)[] LabelsOf(int line) => _series[_ofLine[line]].LabelSet.Pairs;

    /// <summary>The bound of a bucket's line; NaN for others.</summary>
    internal double BoundOf(int line)
    {
        var series = _series[_ofLine[line]];
        var own = line - _firstLines[_ofLine[line]];
        return series.IsHistogram && own <= series.Bounds.Length ? series.BoundOf(own) : double.NaN;
    }

    private (string, string, string, double) Identity(int line) => (FamilyOf(line), SuffixOf(line), _series[_ofLine[line]].Labels, BoundOf(line));

    /// <summary>Whether every series is still shown, under the same name, and no other.</summary>
    private bool Holds()
    {
        var shown = 0;
        foreach (var series in _group.Series)
        {
            if (series.FirstLine < 0)
                continue;
            if (shown == _series.Length || !ReferenceEquals(_series[shown], series) || _names[shown] != series.Family!.Name)
                return false;
            shown++;
        }
        return shown == _series.Length;
    }
}
