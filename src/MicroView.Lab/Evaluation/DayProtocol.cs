namespace MicroView.Lab;

/// <summary>How rows are divided into those to learn from and those to judge.</summary>
internal enum ProtocolKind
{
    /// <summary>Cross-day: learn from the other day's fault-free tail, judge the whole day.</summary>
    Xd,

    /// <summary>Same day: learn from the day's own tail, judge its injection period.</summary>
    Sd,

    /// <summary>As the data set itself divides its rows (the artifact's data_train and data_test).</summary>
    Split,
}

/// <summary>
/// The development set's protocol. Positive: the faulty pod in (start, start+240 s]. Ignored: all pods 240 to 360 s after a start, other pods
/// inside a fault's window, the inside of gaps of over 10 min between starts (faults that the list leaves out), and what lies between the
/// last listed fault and the tail. A day's tail begins at the first half hour that is 15 min or more after the end of its last fault.
/// </summary>
internal static class DayProtocol
{
    private const long Second = 1_000_000_000;
    private const long Window = 240 * Second;
    private const long Echo = 360 * Second;
    private const long Gap = 600 * Second;
    private const long HalfHour = 1800 * Second;
    private const long BeforeTail = 900 * Second;
    private const long Day = 86_400 * Second;

    /// <summary>All trials of a data set.</summary>
    /// <exception cref="LabException">The set has no faults, or too few days for the protocol.</exception>
    public static IReadOnlyList<Trial> Trials(DataSet data, ProtocolKind kind)
    {
        if (data.Faults.Count == 0)
            throw new DataException(Path.Combine(data.Folder, FaultFile.Name), 0, "there are no faults to measure against");
        if (kind == ProtocolKind.Split)
            return SplitTrials(data);
        if (data.Layout != DataSetLayout.Development)
            throw new LabException($"{data.Folder} holds rows of one training and one test range, not days: use --protocol split", ExitCode.Usage);
        var days = data.Faults.Select(fault => fault.StartNs / Day).Distinct().Order().ToArray();
        if (kind == ProtocolKind.Xd && days.Length < 2)
            throw new LabException($"cross-day needs faults on two days; {data.Folder} has them on one: use --protocol sd", ExitCode.Usage);
        return [.. days.Index().SelectMany(day => DayTrials(data, kind, day.Item, kind == ProtocolKind.Sd ? day.Item : days[(day.Index + 1) % days.Length]))];
    }

    /// <summary>Where the fault-free tail of a day begins, nanoseconds since 1970.</summary>
    public static long TailStart(IEnumerable<Fault> faultsOfDay)
    {
        var earliest = faultsOfDay.Max(fault => fault.EndNs) + BeforeTail;
        return (earliest + HalfHour - 1) / HalfHour * HalfHour;
    }

    /// <summary>The label of a pod's row at a time. <paramref name="faults"/> are the day's, by start.</summary>
    public static RowLabel Label(IReadOnlyList<Fault> faults, long tail, string service, string pod, long time)
    {
        foreach (var fault in faults)
        {
            var since = time - fault.StartNs;
            if (since is > 0 and <= Window)
                return IsFaulty(fault, service, pod) ? RowLabel.Positive : RowLabel.Ignored;
            if (since is > Window and <= Echo)
                return RowLabel.Ignored;
        }
        if (time >= tail)
            return RowLabel.Negative;
        if (time > faults[^1].StartNs)
            return RowLabel.Ignored;
        for (var i = 1; i < faults.Count; i++)
            if (time > faults[i - 1].StartNs && time < faults[i].StartNs && faults[i].StartNs - faults[i - 1].StartNs > Gap)
                return RowLabel.Ignored;
        return RowLabel.Negative;
    }

    /// <summary>Whether a fault can be seen at a time: in (start, start+240 s], or from start to end where the set divides itself.</summary>
    public static bool InWindow(ProtocolKind kind, Fault fault, long time) => kind == ProtocolKind.Split
        ? time >= fault.StartNs && time <= fault.EndNs
        : time - fault.StartNs is > 0 and <= Window;

    /// <summary>Whether a fault is one of this pod.</summary>
    public static bool IsFaulty(Fault fault, string service, string pod) => fault.Pod is null ? fault.Service == service : fault.Pod == pod || fault.Service == pod;

    private static IEnumerable<Trial> DayTrials(DataSet data, ProtocolKind kind, long day, long trainingDay)
    {
        var faults = Of(data, day);
        var (tail, trainingTail) = (TailStart(faults), TailStart(Of(data, trainingDay)));
        var (first, last) = (day * Day - 1, kind == ProtocolKind.Sd ? tail - 1 : (day + 1) * Day - 1);
        foreach (var pod in data.Pods)
        {
            var test = pod.Rows.Between(first, last);
            if (test.Count == 0)
                continue;
            // A pod may have another name on the other day: its service is what both days have.
            var training = data.Pods.Where(other => other.Service == pod.Service)
                .Select(other => other.Rows.Between(trainingTail - 1, (trainingDay + 1) * Day - 1)).MaxBy(rows => rows.Count)!;
            if (training.Count < 2)
                throw new LabException($"{data.Folder}: {pod.Service} has {training.Count} rows after {CsvTime.Format(trainingTail)}, the fault-free tail to learn from");
            var labels = new RowLabel[test.Count];
            for (var i = 0; i < labels.Length; i++)
                labels[i] = Label(faults, tail, pod.Service, pod.Pod, test.Times[i]);
            yield return new Trial(pod.Service, pod.Pod, CsvTime.Format(day * Day)[..10], training, test, labels, FirstAtOrAfter(test, tail), faults);
        }
    }

    private static List<Trial> SplitTrials(DataSet data)
    {
        if (data.Pods.Any(pod => pod.Training is null))
            throw new LabException($"{data.Folder} does not say which rows to learn from: use --protocol xd or sd", ExitCode.Usage);
        return [.. data.Pods.Select(pod => new Trial(pod.Service, pod.Pod, "test", pod.Training!, pod.Rows, SplitLabels(data, pod), pod.Rows.Count, Within(data, pod.Rows)))];
    }

    /// <summary>Positive from a fault's start to its end; every other row is negative, as in the artifact.</summary>
    private static RowLabel[] SplitLabels(DataSet data, PodSeries pod)
    {
        Fault[] own = [.. data.Faults.Where(fault => IsFaulty(fault, pod.Service, pod.Pod))];
        var labels = new RowLabel[pod.Rows.Count];
        for (var i = 0; i < labels.Length; i++)
        {
            var time = pod.Rows.Times[i];
            labels[i] = Array.Exists(own, fault => time >= fault.StartNs && time <= fault.EndNs) ? RowLabel.Positive : RowLabel.Negative;
        }
        return labels;
    }

    private static Fault[] Of(DataSet data, long day) => [.. data.Faults.Where(fault => fault.StartNs / Day == day)];

    private static Fault[] Within(DataSet data, SeriesRows rows) =>
        [.. data.Faults.Where(fault => fault.EndNs >= rows.Times[0] && fault.StartNs <= rows.Times[^1])];

    private static int FirstAtOrAfter(SeriesRows rows, long time)
    {
        var at = rows.Times.BinarySearch(time);
        return at >= 0 ? at : ~at;
    }
}
