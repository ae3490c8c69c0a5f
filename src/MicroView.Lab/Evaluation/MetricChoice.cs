namespace MicroView.Lab;

/// <summary>Which metrics a detector gets.</summary>
internal enum MetricChoice
{
    /// <summary>All.</summary>
    All,

    /// <summary>
    /// Those that moved and were never missing in training. For FD as the paper has it: it has no answer to a metric without a deviation.
    /// </summary>
    Complete,
}

/// <summary>Preparing trials: leaving metrics out, adding those of call edges.</summary>
internal static class TrialMetrics
{
    /// <summary>The trial with the metrics of <paramref name="choice"/>; with all where none would be left.</summary>
    public static Trial With(this Trial trial, MetricChoice choice)
    {
        if (choice == MetricChoice.All)
            return trial;
        int[] kept = [.. Enumerable.Range(0, trial.Training.Width).Where(column => IsComplete(trial.Training, column))];
        return kept.Length is 0 || kept.Length == trial.Training.Width
            ? trial
            : trial with { Training = trial.Training.Select(kept), Test = trial.Test.Select(kept) };
    }

    /// <summary>
    /// The data set with, for each pod, the network time of each recorded call that its service makes or takes: latency at the caller less
    /// latency at the callee, in seconds, where both ends were recorded.
    /// </summary>
    public static DataSet WithEdges(this DataSet data)
    {
        var pairs = data.Edges.Where(edge => edge.AtCaller)
            .Join(data.Edges.Where(edge => !edge.AtCaller), edge => (edge.Caller, edge.Callee), edge => (edge.Caller, edge.Callee), (caller, callee) => (caller, callee)).ToArray();
        if (pairs.Length == 0)
            throw new LabException($"{data.Folder} has no edges.csv(.gz) with both ends of a call: --edges has nothing to add");
        return data with
        {
            Pods = [.. data.Pods.Select(pod =>
            {
                var own = pairs.Where(pair => pair.caller.Caller == pod.Service || pair.caller.Callee == pod.Service).ToArray();
                return own.Length == 0 ? pod : pod with { Rows = AddEdges(pod.Rows, own), Training = pod.Training is null ? null : AddEdges(pod.Training, own) };
            })],
        };
    }

    private static SeriesRows AddEdges(SeriesRows rows, (EdgeSeries Caller, EdgeSeries Callee)[] pairs)
    {
        var tolerance = SeriesFile.UsualStep(rows.Times) / 2;
        var wider = new SeriesRows([.. rows.Metrics, .. pairs.Select(pair => $"edge {pair.Caller.Caller}>{pair.Caller.Callee} (s)")]);
        for (var i = 0; i < rows.Count; i++)
        {
            var time = rows.Times[i];
            var row = wider.Append(time);
            rows[i].CopyTo(row);
            for (var j = 0; j < pairs.Length; j++)
                row[rows.Width + j] = pairs[j].Caller.Near(time, tolerance) - pairs[j].Callee.Near(time, tolerance);
        }
        return wider;
    }

    private static bool IsComplete(SeriesRows rows, int column)
    {
        var first = rows[0][column];
        var moved = false;
        for (var i = 0; i < rows.Count; i++)
        {
            var value = rows[i][column];
            if (!double.IsFinite(value))
                return false;
            moved |= value != first;
        }
        return moved;
    }
}
