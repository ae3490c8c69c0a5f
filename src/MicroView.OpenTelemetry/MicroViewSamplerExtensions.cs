using MicroView.Client;
using OpenTelemetry.Trace;

namespace MicroView.OpenTelemetry;

/// <summary>One line that makes an application's traces follow MicroView's alarms.</summary>
public static class MicroViewSamplerExtensions
{
    /// <summary>Samples with a <see cref="MicroViewSampler"/>.</summary>
    /// <param name="builder">The application's tracer provider.</param>
    /// <param name="client">Whose control word is read; null: the process's own.</param>
    /// <param name="baseRate">Probability, 0 to 1, while no agent has the pod.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is none.</exception>
    public static TracerProviderBuilder AddMicroViewSampler(
        this TracerProviderBuilder builder, MicroViewClient? client = null, double baseRate = MicroViewSampler.DefaultBaseRate)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.SetSampler(new MicroViewSampler(client, baseRate));
    }
}
