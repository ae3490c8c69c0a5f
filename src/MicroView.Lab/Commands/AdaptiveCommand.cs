using System.CommandLine;
using System.Globalization;

namespace MicroView.Lab;

/// <summary>`microview lab adaptive`: what adaptive metric sampling sends, and what a receiver then sees.</summary>
internal static class AdaptiveCommand
{
    private const int PresetComponents = 10, PresetRows = 25;
    private const double BaselineSeconds = 30;

    private static readonly double[] Standard = [50, 60, 70, 80, 90, 95, 99, 99.9];

    public static Command Create()
    {
        var model = new ModelOptions(standard: "FD");
        var (data, protocol) = (LabOptions.Data(), LabOptions.Protocol());
        var thresholds = Kinds.Value<IReadOnlyList<double>>("--thresholds", "P,P,…", "Percentiles of the training scores, each a threshold [default: 50,60,70,80,90,95,99,99.9]", Standard, "percentiles as 90,99,99.9",
            (string text, out IReadOnlyList<double> value) => (value = [.. text.Split(',').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN)]).All(number => number is > 0 and <= 100));
        var baseline = Kinds.OptionalSeconds("--baseline", "Time between samples where nothing is anomalous [default: 30]");
        var output = LabOptions.Results();
        var command = new DocumentedCommand("adaptive", "Send every sample while a service is anomalous, else one each 30 s: the share sent, and how like the full signal a receiver's is. Preset: FD, k 10, l 25, eta 0.",
            new("microview lab adaptive --data experiment", "as in the paper, thresholds from the 50th to the 99.9th percentile"),
            new("microview lab adaptive --data online-boutique --protocol sd --model RFD --baseline 5m", "rows each minute need a longer baseline")) { data, protocol, thresholds, baseline, output };
        model.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => AdaptiveRun.Execute(
            new AdaptiveRequest(result.GetValue(data)!, LabOptions.ReadProtocol(result.GetValue(protocol)), Preset(model.Read(result)), result.GetValue(thresholds)!,
                (long)((result.GetValue(baseline) ?? BaselineSeconds) * 1e9), result.GetValue(output)),
            result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, stop), stop));
        return command;
    }

    /// <summary>The paper's sizes where none are given; η of 0 absorbs normal rows only.</summary>
    private static ModelChoice Preset(ModelChoice choice) => choice.AsInThePaper() with
    {
        UpdateOnline = true,
        Detector = choice.Detector.SketchRows > 0 ? choice.Detector : choice.Detector with { SketchRows = PresetRows, Components = PresetComponents },
    };
}
