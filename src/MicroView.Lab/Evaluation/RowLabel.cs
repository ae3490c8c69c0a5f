namespace MicroView.Lab;

/// <summary>What is known about a row.</summary>
internal enum RowLabel : byte
{
    /// <summary>Nothing certain: not counted.</summary>
    Ignored,

    /// <summary>No fault.</summary>
    Negative,

    /// <summary>The pod is faulty.</summary>
    Positive,
}

/// <summary>
/// Rows to learn from and rows to judge, of one pod.
/// </summary>
/// <param name="Service">Its service.</param>
/// <param name="Pod">Its name.</param>
/// <param name="Part">What is judged together, for localisation: a day, or the whole set.</param>
/// <param name="Training">Rows to learn from.</param>
/// <param name="Test">Rows to judge, all of them in order, also those that are not counted.</param>
/// <param name="Labels">A label per row of <paramref name="Test"/>.</param>
/// <param name="Tail">First row of the fault-free tail in <paramref name="Test"/>; its length when the tail is not in it.</param>
/// <param name="Faults">The faults of <paramref name="Part"/>.</param>
internal sealed record Trial(
    string Service, string Pod, string Part, SeriesRows Training, SeriesRows Test, RowLabel[] Labels, int Tail, IReadOnlyList<Fault> Faults);
