namespace MicroView.Lab;

/// <summary>
/// What the paper's artifact reached, read off its figures (±2): Python on a BlueField-2 that reads over RDMA. Other hardware: drawn for the shape, not for a ratio.
/// </summary>
internal static class PublishedMicro
{
    public const string Remark = "as published: Python on a BlueField-2 over RDMA, other hardware; read off the paper's figures, ±2";

    /// <summary>Scrapes/s and LMAP by metrics, 8 pods.</summary>
    public static IReadOnlyDictionary<string, (double X, double Y)[]> ByMetrics { get; } = new Dictionary<string, (double, double)[]>
    {
        ["TH"] = [(16, 203), (64, 100), (128, 60), (256, 33)],
        ["FD"] = [(16, 196), (64, 100), (128, 56), (256, 30)],
        ["VAE"] = [(16, 48), (64, 38), (128, 30), (256, 21)],
    };

    /// <summary>Scrapes/s and LMAP by pods, 64 metrics each.</summary>
    public static IReadOnlyDictionary<string, (double X, double Y)[]> ByPods { get; } = new Dictionary<string, (double, double)[]>
    {
        ["TH"] = [(8, 103), (16, 57), (64, 16), (256, 4)],
        ["FD"] = [(8, 97), (16, 48), (64, 13), (256, 3)],
        ["VAE"] = [(8, 39), (16, 20), (64, 5), (256, 1)],
    };

    /// <summary>Requests/s of the endpoint by metrics; it ran without a detector.</summary>
    public static (double X, double Y)[] Endpoint { get; } = [(16, 127), (64, 44), (128, 23), (256, 12)];

    /// <summary>
    /// The artifact's code with its stray debug line removed, over shared memory on one core of an AMD EPYC: CPU µs per pod vector, median. Another day than any run here, and such
    /// machines drift by up to 1.8×.
    /// </summary>
    public static double? FixedCodeMicroseconds(string model, int pods, int metrics) => (model, pods, metrics) switch
    {
        ("TH", 1, 16) => 17, ("FD", 1, 16) => 23, ("VAE", 1, 16) => 454,
        ("TH", 1, 64) => 29, ("FD", 1, 64) => 36, ("VAE", 1, 64) => 533,
        ("TH", 1, 128) => 37, ("FD", 1, 128) => 39, ("VAE", 1, 128) => 417,
        ("TH", 1, 256) => 49, ("FD", 1, 256) => 83, ("VAE", 1, 256) => 578,
        ("TH", 8, 64) => 24, ("FD", 8, 64) => 27, ("VAE", 8, 64) => 468,
        ("TH", 32, 64) => 21, ("FD", 32, 64) => 29, ("VAE", 32, 64) => 411,
        _ => null,
    };
}
