namespace MicroView.Analysis;

/// <summary>What a pod can be watched by without having learnt: for one pod, which owns the detector from then on. Not thread-safe, for
/// the detector is not.</summary>
/// <param name="Scaling">Means and deviations.</param>
/// <param name="Detector">A detector with a threshold.</param>
/// <param name="IsTrained">
/// True when someone trained it for this service: the pod is watched from its first row. False when it comes from siblings: the pod's own
/// first rows must agree with it, else it learns.
/// </param>
/// <param name="SecondsPerRow">Seconds from row to row where it was learnt; 0: not known.</param>
public sealed record PodKnowledge(FeatureScaling Scaling, Detector Detector, bool IsTrained, double SecondsPerRow = 0);
