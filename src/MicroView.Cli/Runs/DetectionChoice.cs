using MicroView.Analysis;

namespace MicroView.Cli;

/// <summary>What --model, --false-alarms, --model-file, --normalize and --learn mean.</summary>
internal static class DetectionChoice
{
    public static AnalyzerOptions Read(string model, double? falseAlarms, string normalize, double? learnSeconds, double rowSeconds)
    {
        var options = AnalyzerOptions.Live(model, falseAlarms, learnSeconds, rowSeconds);
        return normalize == "unit" ? options with { Detector = new DetectorOptions { Normalization = Normalization.Unit, Model = model } } : options;
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
