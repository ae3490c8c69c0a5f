using System.Diagnostics;

namespace MicroView.Lab;

/// <summary>How the answers of a window were.</summary>
/// <param name="Answers">In the window.</param>
/// <param name="Bad">Of them, those with an error.</param>
/// <param name="Median">Seconds; NaN without answers.</param>
/// <param name="Percentile95">Seconds; NaN without answers.</param>
/// <param name="IsKept">Whether 95 % of them were good and in time.</param>
internal readonly record struct WindowLook(int Answers, int Bad, double Median, double Percentile95, bool IsKept);

/// <summary>Answers of the last seconds, and whether they keep the objective. Not thread-safe.</summary>
/// <param name="seconds">Length of the window.</param>
/// <param name="objective">Seconds that 95 % of the answers may take.</param>
internal sealed class LatencyWindow(double seconds, double objective)
{
    private const double Share = 0.95;

    private readonly List<Answer> _answers = [];

    public void Add(IEnumerable<Answer> answers) => _answers.AddRange(answers);

    /// <summary>Forgets what is older than the window, and looks at the rest.</summary>
    public WindowLook Look() => LookAt(Stopwatch.GetTimestamp());

    /// <summary>The same at a moment of <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public WindowLook LookAt(long now)
    {
        _answers.RemoveAll(answer => Stopwatch.GetElapsedTime(answer.At, now).TotalSeconds > seconds);
        double[] times = [.. _answers.Select(answer => answer.Seconds).Order()];
        var kept = _answers.Count(answer => answer.IsGood && answer.Seconds <= objective) >= Share * _answers.Count;
        return new(times.Length, _answers.Count(answer => !answer.IsGood), At(times, 0.5), At(times, Share), kept);
    }

    private static double At(double[] sorted, double share) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(share * sorted.Length) - 1)];
}
