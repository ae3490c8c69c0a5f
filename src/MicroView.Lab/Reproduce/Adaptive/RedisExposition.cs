using System.Globalization;
using System.Text;

namespace MicroView.Lab;

/// <summary>
/// INFO of a Redis as a document in text format 0.0.4: the fields that say what it does, as counters and gauges, and calls and time of the commands that this experiment has. What only says how long it has
/// run (uptime, changes since the last save) is left out, as people leave it out of dashboards: a gauge that grows for ever is out of whatever was learnt. Asks with a connection of its own. Thread-safe.
/// </summary>
internal sealed class RedisExposition(int port) : IDisposable
{
    private static readonly string[] s_counters =
    [
        "total_connections_received", "total_commands_processed", "total_net_input_bytes", "total_net_output_bytes", "rejected_connections", "expired_keys", "evicted_keys", "keyspace_hits", "keyspace_misses",
        "total_error_replies", "total_reads_processed", "total_writes_processed", "used_cpu_sys", "used_cpu_user", "used_cpu_sys_main_thread", "used_cpu_user_main_thread", "lazyfreed_objects",
    ];

    private static readonly string[] s_gauges =
    [
        "connected_clients", "blocked_clients", "client_recent_max_input_buffer", "client_recent_max_output_buffer", "used_memory", "used_memory_rss", "used_memory_dataset", "used_memory_overhead", "mem_clients_normal", "mem_fragmentation_ratio",
        "allocator_allocated", "allocator_active", "allocator_resident", "instantaneous_ops_per_sec", "instantaneous_input_kbps", "instantaneous_output_kbps", "lazyfree_pending_objects",
    ];

    private static readonly string[] s_commands = ["get", "set", "incr", "hset", "lpush", "ltrim", "lrange", "del", "keys", "flushall", "client|pause"];

    private readonly Lock _gate = new();
    private readonly RedisConnection _redis = new(port);

    /// <summary>The document now.</summary>
    public byte[] Ask()
    {
        string info;
        lock (_gate)
            info = _redis.AskWhole("INFO", "everything");
        return Encoding.UTF8.GetBytes(Write(info));
    }

    /// <summary>The document of an answer to INFO.</summary>
    public static string Write(string info)
    {
        ArgumentNullException.ThrowIfNull(info);
        var fields = info.Split("\r\n").Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2).GroupBy(parts => parts[0]).ToDictionary(group => group.Key, group => group.First()[1]);
        var text = new StringBuilder();
        foreach (var name in s_counters)
            Sample(text, $"redis_{name}_total", "counter", fields.GetValueOrDefault(name));
        foreach (var name in s_gauges)
            Sample(text, $"redis_{name}", "gauge", fields.GetValueOrDefault(name));
        foreach (var field in (string[])["keys", "expires", "avg_ttl"])
            Sample(text, $"redis_db_{field}", "gauge", Part(fields.GetValueOrDefault("db0"), field) ?? "0"); // an empty database is not told of
        foreach (var (field, name) in ((string, string)[])[("calls", "redis_command_calls_total"), ("usec", "redis_command_microseconds_total")])
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} counter\n");
            foreach (var command in s_commands)
                text.Append(CultureInfo.InvariantCulture, $"{name}{{cmd=\"{command}\"}} {Part(fields.GetValueOrDefault($"cmdstat_{command}"), field) ?? "0"}\n");
        }
        return text.ToString();
    }

    public void Dispose() => _redis.Dispose();

    private static void Sample(StringBuilder text, string name, string type, string? value)
    {
        if (value is not null && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n{name} {value}\n");
    }

    /// <summary>A part of "keys=5,expires=2".</summary>
    private static string? Part(string? value, string name) =>
        value?.Split(',').Select(part => part.Split('=', 2)).FirstOrDefault(part => part.Length == 2 && part[0] == name)?[1];
}
