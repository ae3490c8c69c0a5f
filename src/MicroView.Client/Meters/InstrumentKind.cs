using System.Diagnostics.Metrics;

namespace MicroView.Client;

/// <summary>How an instrument's measurements are to be taken.</summary>
internal enum InstrumentKind : byte
{
    Counter,
    ObservableCounter,
    UpDownCounter,
    Histogram,
    Gauge,
}

/// <summary>Tells what an instrument is: its classes are generic over seven number types.</summary>
internal static class InstrumentKinds
{
    /// <summary>OpenTelemetry's bounds for what is not in seconds.</summary>
    internal static readonly double[] PlainBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    internal static InstrumentKind Of(Instrument instrument) =>
        Of<byte>(instrument) ?? Of<short>(instrument) ?? Of<int>(instrument) ?? Of<long>(instrument) ?? Of<float>(instrument) ?? Of<double>(instrument)
        ?? Of<decimal>(instrument) ?? throw new NotSupportedException($"{instrument.GetType()} is not an instrument of System.Diagnostics.Metrics");

    internal static IReadOnlyList<double> BoundsOf(Instrument instrument) =>
        Advised(instrument) ?? (instrument.Unit == "s" ? Histogram.DefaultBounds : PlainBounds);

    private static InstrumentKind? Of<T>(Instrument instrument) where T : struct => instrument switch
    {
        Counter<T> => InstrumentKind.Counter,
        ObservableCounter<T> => InstrumentKind.ObservableCounter,
        UpDownCounter<T> => InstrumentKind.UpDownCounter,
        Histogram<T> => InstrumentKind.Histogram,
        ObservableUpDownCounter<T> or ObservableGauge<T> => InstrumentKind.Gauge,
#if NET9_0_OR_GREATER
        Gauge<T> => InstrumentKind.Gauge,
#endif
        Instrument<T> => InstrumentKind.Gauge, // what later versions add reports values
        _ => null,
    };

#if NET9_0_OR_GREATER
    private static double[]? Advised(Instrument instrument) =>
        Advised<byte>(instrument) ?? Advised<short>(instrument) ?? Advised<int>(instrument) ?? Advised<long>(instrument) ?? Advised<float>(instrument)
        ?? Advised<double>(instrument) ?? Advised<decimal>(instrument);

    private static double[]? Advised<T>(Instrument instrument) where T : struct
    {
        if (instrument is not Instrument<T> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds })
            return null;
        double[] numbers = [.. bounds.Select(bound => Convert.ToDouble(bound, System.Globalization.CultureInfo.InvariantCulture))];
        return BucketBounds.Check(numbers) is null ? numbers : null;
    }
#else
    private static double[]? Advised(Instrument instrument) => null; // the framework has none before .NET 9
#endif
}
