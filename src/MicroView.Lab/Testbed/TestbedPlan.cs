namespace MicroView.Lab;

/// <summary>What the artifact's run script ran: a host agent, generated pods and a collector.</summary>
internal sealed record TestbedPlan
{
    public const string ReadLoop = "read_loop";
    public const string Prometheus = "prometheus";

    public int Pods { get; init; } = 1;

    public int Metrics { get; init; } = 64;

    public int Lmaps { get; init; } = 1;

    public string Model { get; init; } = "RFD";

    /// <summary>A trained network, for model VAE.</summary>
    public string? ModelFile { get; init; }

    /// <summary><see cref="ReadLoop"/> or <see cref="Prometheus"/>.</summary>
    public string Test { get; init; } = ReadLoop;

    /// <summary>Seconds that count, after the warm-up.</summary>
    public double Duration { get; init; } = 30;

    /// <summary>Seconds before: attaching, learning, the JIT.</summary>
    public double WarmUp { get; init; } = 10;

    /// <summary>Seconds of one sample of the rate; the standard error is that of the samples.</summary>
    public double Window { get; init; } = 10;

    /// <summary>Rows that the generator writes per pod and second; 0: as fast as it goes.</summary>
    public double Rate { get; init; } = 100;

    /// <summary>Seconds between scrapes; null: back to back in the read loop, 0.1 with Prometheus.</summary>
    public double? ScrapeInterval { get; init; }

    /// <summary>Folder of logs and results.</summary>
    public required string Folder { get; init; }

    public bool Debug { get; init; }

    /// <summary>Address that the agent's control plane listens on.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Its port; 0: any free one.</summary>
    public int Port { get; init; }

    /// <summary>Port of the collector's endpoint; 0: any free one.</summary>
    public int PrometheusPort { get; init; }

    /// <summary>Where the collector runs instead of here; null: on this machine, over shared memory.</summary>
    public RemoteCollector? Remote { get; init; }
}

/// <summary>A collector on another machine, reached by ssh.</summary>
/// <param name="Target">What ssh is given: HOST or USER@HOST.</param>
/// <param name="Program">The program `microview` there.</param>
/// <param name="ControlPlane">Address of this machine as that one sees it.</param>
/// <param name="Device">RDMA device there; null: the collector chooses.</param>
/// <param name="IbPort">Its port.</param>
/// <param name="Gid">Index of its GID; null: the collector chooses.</param>
internal sealed record RemoteCollector(string Target, string Program, string ControlPlane, string? Device, int IbPort, int? Gid)
{
    /// <summary>The machine's name without the user's.</summary>
    public string HostName => Target[(Target.IndexOf('@', StringComparison.Ordinal) + 1)..];
}
