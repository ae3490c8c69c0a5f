namespace MicroView.Analysis;

/// <summary>Rows and time of learning when the model is fitted already.</summary>
internal struct Calibration(long rows, double seconds)
{
    private long _lastNs;

    public long Rows { get; private set; } = rows;

    public double Seconds { get; private set; } = seconds;

    public void Add(long timeNs)
    {
        if (_lastNs > 0 && timeNs > _lastNs)
            Seconds += (timeNs - _lastNs) / 1e9;
        _lastNs = timeNs;
        Rows++;
    }
}
