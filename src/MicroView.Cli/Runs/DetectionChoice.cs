using MicroView.Analysis;

namespace MicroView.Cli;

/// <summary>What --model, --false-alarms, --model-file, --normalize and --learn mean.</summary>
internal static class DetectionChoice
{
    private const int EnoughRows = 60;
    private const int FewestRows = 10; // below this a deviation is a guess

    public static AnalyzerOptions Read(string model, double? falseAlarms, string normalize, double? learnSeconds, double rowSeconds)
    {
        var budget = falseAlarms ?? (model.Equals("RFD", StringComparison.OrdinalIgnoreCase) ? 1 : 0);
        var detector = normalize == "unit" ? new DetectorOptions { Normalization = Normalization.Unit } : DetectorOptions.Live;
        var options = new AnalyzerOptions { Detector = detector with { Model = model }, FalseAlarmsPerDay = budget > 0 ? budget : null };
        if (learnSeconds is not { } seconds)
            return options;
        var rows = rowSeconds > 0 ? (int)Math.Min(EnoughRows, seconds / rowSeconds) : EnoughRows;
        return options with { MinSeconds = seconds, MinRows = Math.Max(FewestRows, rows) };
    }

    /// <summary>The trained networks of model VAE; null for the others.</summary>
    /// <exception cref="UserException">VAE without a file, a file without VAE, or one that is no model.</exception>
    public static VaeModels? ReadModels(string model, string? path)
    {
        var isVae = model.Equals("VAE", StringComparison.OrdinalIgnoreCase);
        if (path is null && isVae)
            throw new UserException("--model VAE needs a trained network: --model-file FILE, or a folder with a file SERVICE.vae per service; `microview lab vae train` makes them", ExitCode.Usage);
        if (path is not null && !isVae)
            throw new UserException($"--model-file is for --model VAE; {model} needs none", ExitCode.Usage);
        if (path is null)
            return null;
        try
        {
            return VaeModels.Load(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserException($"--model-file: there is no file or folder {path}", ExitCode.Usage, error);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new UserException($"--model-file: {error.Message.TrimEnd('.')}", ExitCode.Usage, error);
        }
    }
}
