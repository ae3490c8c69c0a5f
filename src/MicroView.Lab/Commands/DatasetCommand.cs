using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab dataset`: what a data set holds, whether it is sound, the same in another layout, and new ones from a Prometheus.</summary>
internal static class DatasetCommand
{
    public static Command Create() =>
        new DocumentedCommand("dataset", "Describe, check, convert, pack and download data sets.",
            new("microview lab dataset describe --data online-boutique", "pods, metrics, rows, faults"),
            new("microview lab dataset check --data experiment", "one line per problem; exit code 1 if there is one"),
            new("microview lab dataset convert --data online-boutique --day 2022-08-23 --out experiment", "a day of the development set in the artifact's layout"))
        {
            Describe(), Check(), Convert(), Pack(), DownloadCommand.Create(),
        };

    private static DocumentedCommand Describe()
    {
        var data = LabOptions.Data();
        var command = new DocumentedCommand("describe", "What is in a data set: pods, metrics, rows, faults.",
            new Example("microview lab dataset describe --data online-boutique", "works for both layouts")) { data };
        command.SetAction(result => DataSetSummary.Describe(DataSetReader.Read(result.GetValue(data)!), result.InvocationConfiguration.Output));
        return command;
    }

    private static DocumentedCommand Check()
    {
        var data = LabOptions.Data();
        var command = new DocumentedCommand("check", "Whether a data set can be used: one line per problem, with file and row where there is one. Exit code 1 if there is a problem.",
            new Example("microview lab dataset check --data experiment", "before an experiment")) { data };
        command.SetAction(result => Check(result.GetValue(data)!, result.InvocationConfiguration.Output));
        return command;
    }

    private static int Check(string folder, TextWriter output)
    {
        var notes = new List<string>();
        var data = DataSetReader.Read(folder, notes.Add);
        var problems = DataSetSummary.Problems(data).ToArray();
        foreach (var problem in problems)
            output.WriteLine($"problem: {problem}");
        foreach (var note in notes.Concat(DataSetSummary.Notes(data)))
            output.WriteLine($"note: {note}");
        output.WriteLine(problems.Length == 0 ? $"{folder}: no problem found" : $"{folder}: {problems.Length} {(problems.Length == 1 ? "problem" : "problems")}");
        return problems.Length == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    private static DocumentedCommand Convert()
    {
        var data = LabOptions.Data();
        var protocol = Kinds.Choice("--protocol", "Which rows to learn from: xd, the other day's fault-free tail; sd, the same day's", "xd", ["xd", "sd"]);
        var day = Kinds.Text("--day", "DATE", "The day to judge, as 2022-08-23 [default: the last one]");
        var edges = Kinds.Flag("--edges", "Add the network time of each call to the metrics of both ends");
        var output = Kinds.Required("--out", "DIR", "Folder of the new data set", "-o");
        var command = new DocumentedCommand("convert", "Write a day of a data set of the development set's layout in the artifact's: one training and one test file per service.",
            new Example("microview lab dataset convert --data online-boutique --out experiment", "learn from the first day's tail, judge the second day")) { data, protocol, day, edges, output };
        command.SetAction(result =>
        {
            var set = DataSetReader.Read(result.GetValue(data)!);
            var trials = DayProtocol.Trials(result.GetValue(edges) ? set.WithEdges() : set, LabOptions.ReadProtocol(result.GetValue(protocol))!.Value);
            var days = trials.Select(trial => trial.Part).Distinct().ToArray();
            var part = result.GetValue(day) ?? days[^1];
            if (!days.Contains(part))
                throw new LabException($"--day: there is no '{part}'; there are {string.Join(", ", days)}", ExitCode.Usage);
            ArtifactWriter.Write(result.GetValue(output)!, [.. trials.Where(trial => trial.Part == part)], result.InvocationConfiguration.Error.WriteLine);
            result.InvocationConfiguration.Output.WriteLine($"{part} of {set.Folder} is in {result.GetValue(output)}");
        });
        return command;
    }

    private static DocumentedCommand Pack()
    {
        var (data, output) = (LabOptions.Data(), Kinds.Required("--out", "FILE", "The packed experiment, .tar.br", "-o"));
        var command = new DocumentedCommand("pack", "Pack what the analysis reads of an experiment that `lab pipeline collect` ran into one small file: rows, traces, faults and how it was made, without logs and spans.",
            new Example("microview lab dataset pack --data dsbhotel-test --out run.tar.br", "tar --use-compress-program=brotli -xf run.tar.br unpacks it")) { data, output };
        command.SetAction(result =>
        {
            TracingRecording.Pack(result.GetValue(data)!, result.GetValue(output)!);
            result.InvocationConfiguration.Output.WriteLine($"{result.GetValue(output)}: {new FileInfo(result.GetValue(output)!).Length / 1024} KiB");
        });
        return command;
    }
}
