namespace MicroView.Analysis;

/// <summary>Fits a trained VAE to a pod: finds the network's metrics among the pod's by name, whatever their order. Thread-safe.</summary>
public static class VaeFit
{
    /// <summary>
    /// What a pod of these features starts from: it is watched from its first row by the model's scaling and threshold. Metrics that the
    /// model does not know are left out. A model without names takes the pod's metrics in their order, if they are as many.
    /// </summary>
    /// <param name="model">The trained network.</param>
    /// <param name="map">The pod's features.</param>
    /// <param name="names">Their names.</param>
    /// <param name="options">The detector's settings.</param>
    /// <param name="problem">Why the result is null: one line without the pod's name.</param>
    public static PodKnowledge? Start(VaeModel model, FeatureMap map, IReadOnlyList<string> names, DetectorOptions options, out string problem)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(options);
        if (names.Count != map.Count)
            throw new ArgumentException($"There are {names.Count} names for {map.Count} features.", nameof(names));
        if (Columns(model, names, out problem) is not { } columns)
            return null;
        var (means, deviations) = (new double[map.Count], new double[map.Count]);
        Array.Fill(deviations, double.PositiveInfinity);
        for (var i = 0; i < columns.Length; i++)
            (means[columns[i]], deviations[columns[i]]) = (model.Means[i], Math.Max(model.Deviations[i], map[columns[i]].Resolution));
        var inPlace = columns.Length == map.Count && columns.Index().All(column => column.Index == column.Item);
        var detector = new VaeDetector(map.Count, options with { Vae = model }, inPlace ? null : columns);
        detector.TakeThreshold(model.Threshold);
        return new PodKnowledge(new FeatureScaling(means, deviations), detector, IsTrained: true);
    }

    private static int[]? Columns(VaeModel model, IReadOnlyList<string> names, out string problem)
    {
        problem = "";
        if (!model.IsNamed)
        {
            if (names.Count == model.Dimension)
                return [.. Enumerable.Range(0, model.Dimension)];
            problem = $"the model takes {model.Dimension} metrics, the pod has {names.Count}";
            return null;
        }
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
            places.TryAdd(names[i], i);
        var missing = model.Names.Where(name => !places.ContainsKey(name)).ToArray();
        if (missing.Length == 0)
            return [.. model.Names.Select(name => places[name])];
        problem = $"the model takes {model.Dimension} metrics, of which {missing.Length} are not among the pod's {names.Count}, such as {missing[0]}";
        return null;
    }
}
