using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>
/// The networks of model VAE that `pipeline vae` trained, models/SERVICE.vae in an experiment of the artifact's layout. Immutable and thread-safe.
/// </summary>
internal sealed class ExperimentNetworks
{
    public const string FolderName = "models";

    private readonly string? _folder;

    private ExperimentNetworks(string? folder) => _folder = folder;

    public static string FolderOf(string experiment) => Path.Combine(experiment, FolderName);

    /// <summary>
    /// Those of a data set. Only the artifact's layout has any: where days take turns to be learnt from, a network of all of them knows what it is to judge.
    /// </summary>
    public static ExperimentNetworks Of(DataSet data)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new ExperimentNetworks(data.Layout == DataSetLayout.Artifact && Directory.Exists(FolderOf(data.Folder)) ? FolderOf(data.Folder) : null);
    }

    /// <summary>The settings, with the service's network where they are VAE's and there is one; else as they are, and one is trained when it is needed.</summary>
    /// <exception cref="LabException">The file is no network, or one of other metrics.</exception>
    public ModelChoice For(Trial trial, ModelChoice choice)
    {
        ArgumentNullException.ThrowIfNull(trial);
        ArgumentNullException.ThrowIfNull(choice);
        if (_folder is null || !choice.Detector.Model.Equals("VAE", StringComparison.OrdinalIgnoreCase) || choice.Detector.Vae is not null)
            return choice;
        var file = Path.Combine(_folder, VaeModels.FileNameOf(trial.Service));
        return File.Exists(file) ? choice with { Detector = choice.Detector with { Vae = Load(file, trial) } } : choice;
    }

    private static VaeModel Load(string file, Trial trial)
    {
        VaeModel model;
        try
        {
            model = VaeModels.LoadFile(file);
        }
        catch (InvalidDataException error)
        {
            throw new LabException($"{error.Message}; train it again with 'microview lab pipeline vae'", inner: error);
        }
        var metrics = trial.Training.Metrics;
        return model.Dimension == metrics.Count && (!model.IsNamed || model.Names.SequenceEqual(metrics, StringComparer.Ordinal)) ? model
            : throw new LabException($"{file}: was trained on {model.Dimension} metrics that are not the {metrics.Count} of {trial.Service}; train it again with 'microview lab pipeline vae'");
    }
}
