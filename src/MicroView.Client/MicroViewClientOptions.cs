using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>How a client presents itself and what memory it takes. What is null comes from the environment. Immutable.</summary>
public sealed class MicroViewClientOptions
{
    /// <summary>Pod id; null: MICROVIEW_POD, else host, program and process id. Characters that the control plane forbids become '-'.</summary>
    public string? Pod { get; init; }

    /// <summary>Service; null: MICROVIEW_SERVICE, else OTEL_SERVICE_NAME, else the entry assembly's name.</summary>
    public string? Service { get; init; }

    /// <summary>Container's name; null: MICROVIEW_CONTAINER.</summary>
    public string? Container { get; init; }

    /// <summary>Labels of the whole pod.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Bytes of each object, a multiple of 4096 from 8192 to 64 MiB; memory is taken as it is used. Another value is rounded to one of these.</summary>
    public int Capacity { get; init; } = PageFormat.DefaultCapacity;

    /// <summary>Stripes, 1, 2, 4 or 8; 0: the number of cores rounded up to one of these, at most 4. Another value is rounded.</summary>
    public int Stripes { get; init; }

    /// <summary>The agent's socket; null: MICROVIEW_SOCKET, else the usual places.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Token, where the agent asks clients for one; null: MICROVIEW_TOKEN.</summary>
    public string? Token { get; init; }

    /// <summary>False: memory is written, but no agent is looked for.</summary>
    public bool Attach { get; init; } = true;

    /// <summary>Takes one line per problem, each problem once; may be called on any thread.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Two tries a second find an agent that has come back well within the promised 2 s.</summary>
    internal int RetryMs { get; init; } = 500;

    internal int ValidCapacity()
    {
        const int page = PageFormat.PageSize;
        return (Math.Clamp(Capacity, 2 * page, PageFormat.MaxCapacity) + page - 1) / page * page;
    }

    internal int ValidStripes()
    {
        var wanted = Stripes > 0 ? Math.Min(Stripes, PageFormat.MaxStripes) : Math.Min(Environment.ProcessorCount, 4);
        return (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)wanted);
    }

    internal SortedDictionary<string, string>? ValidLabels(out string? problem)
    {
        problem = null;
        if (Labels is null)
            return null;
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Labels)
            sorted[name] = value;
        problem = NameRules.CheckLabels(sorted);
        return problem is null ? sorted : null;
    }
}
