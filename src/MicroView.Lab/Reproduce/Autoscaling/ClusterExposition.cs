using System.Globalization;
using System.Net;
using System.Text;

namespace MicroView.Lab;

/// <summary>
/// What Prometheus would find of the workload in a cluster, as one document in text format 0.0.4: names of kube-state-metrics, cAdvisor and an ingress, container metrics summed over replicas as a recording rule does, so that a
/// replica that comes is no new series. Written by the cluster's thread, read by any.
/// </summary>
internal sealed class ClusterExposition
{
    private readonly StringBuilder _text = new();
    private byte[] _document = [];

    /// <summary>The document as it was last written.</summary>
    public byte[] Document => Volatile.Read(ref _document);

    /// <summary>Writes it anew.</summary>
    public void Write(SmallCluster cluster, ClosedLoopUsers users, HpaController hpa, HpaDecision decision)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(users);
        ArgumentNullException.ThrowIfNull(hpa);
        _text.Clear();
        WriteWorkload(cluster, hpa, decision);
        WriteContainers(cluster);
        WriteRequests(users);
        Volatile.Write(ref _document, Encoding.UTF8.GetBytes(_text.ToString()));
    }

    private void WriteWorkload(SmallCluster cluster, HpaController hpa, HpaDecision decision)
    {
        WebReplica[] there = [.. cluster.All];
        double Count(Func<WebReplica, bool> which) => there.Count(which);
        Gauge("kube_deployment_spec_replicas", cluster.Replicas);
        Gauge("kube_deployment_status_replicas", Count(replica => replica.IsActive));
        Gauge("kube_deployment_status_replicas_ready", Count(replica => replica.Serves));
        Gauge("kube_deployment_status_replicas_unavailable", Math.Max(0, cluster.Replicas - Count(replica => replica.Serves)));
        Type("kube_pod_status_phase", "gauge");
        foreach (var phase in Enum.GetValues<PodPhase>())
            Sample($"kube_pod_status_phase{{phase=\"{phase}\"}}", Count(replica => replica.Phase == phase));
        Type("kube_pod_status_ready", "gauge");
        Sample("kube_pod_status_ready{condition=\"true\"}", Count(replica => replica.IsReady));
        Sample("kube_pod_status_ready{condition=\"false\"}", Count(replica => !replica.IsReady));
        Gauge("kube_pod_deletion_timestamps", Count(replica => replica.Leaving is not null));
        Gauge("kube_horizontalpodautoscaler_spec_max_replicas", hpa.Options.MaxReplicas);
        Gauge("kube_horizontalpodautoscaler_status_current_replicas", Count(replica => replica.IsActive));
        Gauge("kube_horizontalpodautoscaler_status_desired_replicas", cluster.Replicas);
        Gauge("kube_horizontalpodautoscaler_status_utilization", double.IsNaN(decision.CpuRatio) ? 0 : decision.CpuRatio * hpa.Options.TargetUtilization);
        Type("kube_horizontalpodautoscaler_status_condition", "gauge");
        Sample("kube_horizontalpodautoscaler_status_condition{condition=\"ScalingLimited\",status=\"true\"}", decision.IsLimited ? 1 : 0);
        Sample("kube_horizontalpodautoscaler_status_condition{condition=\"ScalingActive\",status=\"true\"}", decision.Wanted is null ? 0 : 1);
    }

    private void WriteContainers(SmallCluster cluster)
    {
        ReplicaCounters[] ever = [.. cluster.All.Concat(cluster.Departed).Select(replica => replica.Counters)];
        ReplicaCounters[] live = [.. cluster.All.Where(replica => replica.Process is not null).Select(replica => replica.Counters)];
        Counter("container_cpu_usage_seconds_total", ever.Sum(counters => counters.CpuSeconds));
        Counter("container_cpu_user_seconds_total", ever.Sum(counters => counters.UserSeconds));
        Counter("container_cpu_system_seconds_total", ever.Sum(counters => Math.Max(0, counters.CpuSeconds - counters.UserSeconds)));
        Counter("container_cpu_cfs_periods_total", ever.Sum(counters => counters.Periods));
        Counter("container_cpu_cfs_throttled_periods_total", ever.Sum(counters => counters.ThrottledPeriods));
        Counter("container_cpu_cfs_throttled_seconds_total", ever.Sum(counters => counters.ThrottledSeconds));
        Type("container_memory_failures_total", "counter");
        Sample("container_memory_failures_total{failure_type=\"pgfault\"}", ever.Sum(counters => counters.MinorFaults));
        Sample("container_memory_failures_total{failure_type=\"pgmajfault\"}", ever.Sum(counters => counters.MajorFaults));
        Type("container_context_switches_total", "counter");
        Sample("container_context_switches_total{kind=\"voluntary\"}", ever.Sum(counters => counters.VoluntarySwitches));
        Sample("container_context_switches_total{kind=\"involuntary\"}", ever.Sum(counters => counters.InvoluntarySwitches));
        Counter("container_read_bytes_total", ever.Sum(counters => counters.ReadBytes));
        Counter("container_written_bytes_total", ever.Sum(counters => counters.WrittenBytes));
        Counter("container_read_calls_total", ever.Sum(counters => counters.Reads));
        Counter("container_write_calls_total", ever.Sum(counters => counters.Writes));
        Gauge("container_memory_rss", live.Sum(counters => counters.Resident));
        Gauge("container_memory_virtual_bytes", live.Sum(counters => counters.Virtual));
        Gauge("container_threads", live.Sum(counters => counters.Threads));
        Gauge("container_file_descriptors", live.Sum(counters => counters.Descriptors));
    }

    private void WriteRequests(ClosedLoopUsers users)
    {
        Type("ingress_requests_total", "counter");
        foreach (var status in (int[])[200, 502, 503, 504])
            Sample($"ingress_requests_total{{status=\"{status}\"}}", users.WithStatus(status));
        Counter("ingress_response_bytes_total", users.Bytes);
        Gauge("ingress_requests_waiting", users.Asking);
        Type("ingress_request_duration_seconds", "histogram");
        var counts = users.Cumulative();
        for (var i = 0; i < counts.Length; i++)
            Sample($"ingress_request_duration_seconds_bucket{{le=\"{(i < ClosedLoopUsers.Bounds.Count ? ClosedLoopUsers.Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf")}\"}}", counts[i]);
        Sample("ingress_request_duration_seconds_sum", users.Seconds);
        Sample("ingress_request_duration_seconds_count", counts[^1]);
        // What a histogram's mean hides: how many were slow.
        Counter("ingress_slow_requests_total", counts[^1] - counts[4]);
    }

    private void Counter(string name, double value)
    {
        Type(name, "counter");
        Sample(name, value);
    }

    private void Gauge(string name, double value)
    {
        Type(name, "gauge");
        Sample(name, value);
    }

    private void Type(string name, string type) => _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private void Sample(string series, double value) => _text.Append(series).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
}

/// <summary>Answers every GET on one port of loopback with a document. Thread-safe.</summary>
internal sealed class DocumentEndpoint : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<byte[]> _document;

    public DocumentEndpoint(Func<byte[]> document)
    {
        _document = document;
        Address = new Uri($"http://127.0.0.1:{FreePort.Take()}/metrics");
        _listener.Prefixes.Add($"{Address.GetLeftPart(UriPartial.Authority)}/");
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public Uri Address { get; }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var exchange = await _listener.GetContextAsync();
                var body = _document();
                exchange.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
                exchange.Response.ContentLength64 = body.Length;
                await exchange.Response.OutputStream.WriteAsync(body);
                exchange.Response.Close();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException or LabException)
            {
                // the asker went away, or the endpoint did
            }
        }
    }
}
