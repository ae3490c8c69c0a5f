namespace MicroView.Rdma.Suite;

/// <summary>Two machines come to read one another's pages: devices, roles, doctor, setup, what is said when something is missing.</summary>
internal static class ConnectionCases
{
    public static IReadOnlyList<(string Name, Action<Machines, Detail> Run)> Table { get; } =
    [
        ("connect_both_ports_are_active", Both_ports_are_active),
        ("connect_doctor_reads_a_page", Doctor_reads_a_page),
        ("connect_setup_prints_a_page", Setup_prints_a_page),
        ("connect_setup_fails_without_an_agent", Setup_fails_without_an_agent),
        ("connect_without_the_role_is_refused", Without_the_role_is_refused),
        ("connect_by_token", By_token),
        ("connect_too_few_queue_pairs", Too_few_queue_pairs),
        ("connect_little_locked_memory", Little_locked_memory),
        ("connect_no_device_is_one_line", No_device_is_one_line),
    ];

    private static void Both_ports_are_active(Machines machines, Detail detail)
    {
        Check.Contains("PORT_ACTIVE", Shell.RunHere("/bin/sh", ["-c", $"ibv_devinfo -d {machines.Options.Device}"], TimeSpan.FromSeconds(10)).Output, "the port here");
        Check.Contains("PORT_ACTIVE", machines.There.Do($"ibv_devinfo -d {machines.Options.PeerDevice}"), "the port there");
    }

    private static void Doctor_reads_a_page(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(1, 16);
        var (exitCode, output) = machines.Run($"doctor --control-plane {machines.ControlPlane} --dev {machines.Options.Device} --json");
        Check.Equal(0, exitCode, "exit code of doctor");
        using var report = System.Text.Json.JsonDocument.Parse(output);
        var findings = report.RootElement.GetProperty("findings").EnumerateArray()
            .ToLookup(one => one.GetProperty("subject").GetString()!, one => (State: one.GetProperty("state").GetString()!, Found: one.GetProperty("found").GetString()!));
        foreach (var subject in (string[])["control plane", "queue pairs there", "verified READ"])
            Check.Equal("ok", findings[subject].Single().State, $"doctor's {subject} ({findings[subject].Single().Found})");
        Check.True(findings["GID table"].Any(one => one.Found.Contains("RoCE v2", StringComparison.Ordinal)), "the GID table has types");
        detail.Add(findings["verified READ"].Single().Found);
        Machines.Until(() => machines.AgentMetric("microview_host_rdma_queue_pairs") == 2 && !machines.Ask("/rdma/qps")!.Contains("\"in_use\":true", StringComparison.Ordinal),
            TimeSpan.FromSeconds(5), "doctor gives its queue pair back");
    }

    private static void Setup_prints_a_page(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(2, 16);
        var (exitCode, output) = machines.Run($"nic --control-plane {machines.ControlPlane} --dev {machines.Options.Device} --gid 1 --ib-port 1 --test setup");
        Check.True(exitCode == 0, $"setup ends with 0, not {exitCode}: {output}");
        Check.Contains("suite_gauge_0", output, "the page that setup prints");
        Check.Contains("2 read, 0 failed", output, "its sum");
        Check.Contains("connected", output, "its log");
        Check.Contains("GID 0000:0000:0000:0000:0000:ffff:", output, "its log");
    }

    private static void Setup_fails_without_an_agent(Machines machines, Detail detail)
    {
        var (exitCode, output) = machines.Run($"nic --control-plane {machines.ControlPlane} --dev {machines.Options.Device} --test setup");
        Check.True(exitCode is not 0 and not 124, $"setup ends with an error: {exitCode}");
        Check.Contains(machines.ControlPlane, output, "the reason");
        Check.True(!output.Contains("   at ", StringComparison.Ordinal), "no stack trace");
        detail.Add(output.Trim().Split('\n')[^1]);
    }

    private static void Without_the_role_is_refused(Machines machines, Detail detail)
    {
        machines.StartAgent(collectors: "10.255.255.1");
        var (exitCode, output) = machines.Run($"nic --control-plane {machines.ControlPlane} --dev {machines.Options.Device} --test setup");
        Check.True(exitCode is not 0 and not 124, $"setup ends with an error: {exitCode}");
        Check.Contains("collector role", output, "the reason");
        detail.Add(output.Trim().Split('\n')[^1]);
    }

    private static void By_token(Machines machines, Detail detail)
    {
        machines.There.Do("mkdir -p /tmp/microview-rdma-suite && echo a-token-of-the-suite >/tmp/microview-rdma-suite/token");
        var own = Path.GetTempFileName();
        File.WriteAllText(own, "a-token-of-the-suite\n");
        machines.StartAgent("--token-file /tmp/microview-rdma-suite/token", collectors: "10.255.255.1");
        machines.StartWriter(1, 16);
        var (exitCode, output) = machines.Run($"nic --control-plane {machines.ControlPlane} --dev {machines.Options.Device} --test setup --token-file {own}");
        File.Delete(own);
        Check.True(exitCode == 0, $"setup ends with 0, not {exitCode}: {output}");
    }

    private static void Too_few_queue_pairs(Machines machines, Detail detail)
    {
        machines.StartAgent(queues: 1);
        machines.StartWriter(1, 16);
        var (exitCode, output) = machines.Run($"nic --control-plane {machines.ControlPlane} --dev {machines.Options.Device} --lmaps 2 --test setup");
        Check.True(exitCode is not 0 and not 124, $"setup ends with an error: {exitCode}");
        Check.Contains("--rdma-queues", output, "the remedy");
        detail.Add(output.Trim().Split('\n')[^1]);
    }

    /// <summary>As an ordinary user: with the usual 8 MiB the agent says at its start how far they go; where they end, it says so, stays, and serves what it could register.</summary>
    private static void Little_locked_memory(Machines machines, Detail detail)
    {
        var usual = AsOrdinaryUser(machines, kibibytes: 8192, pods: 0, "locked memory is limited");
        Check.Contains("limited to 8192 KiB, enough for about 682 small pods", usual, "the warning at the start");
        Check.Contains("ulimit -l unlimited", usual, "the remedy");
        var full = AsOrdinaryUser(machines, kibibytes: 64, pods: 20, "RLIMIT_MEMLOCK");
        Check.Contains("cannot be read by RDMA: ibv_reg_mr failed on ", full, "call and object of the refusal");
        Check.Contains("(errno 12); locked memory is limited to 64 KiB (RLIMIT_MEMLOCK): raise it with ulimit -l unlimited", full, "its cause and remedy");
        detail.Add(full.Split('\n').First(line => line.Contains("RLIMIT_MEMLOCK", StringComparison.Ordinal)));
    }

    /// <summary>The log of an agent that nobody runs with so much locked memory, once it says what is expected; it is healthy then.</summary>
    private static string AsOrdinaryUser(Machines machines, int kibibytes, int pods, string expected)
    {
        const string folder = "/tmp/microview-limited";
        var microview = $"{machines.Options.PeerPrograms}/microview";
        string Start(string name, string arguments) => $"su -s /bin/sh nobody -c 'exec {microview} {arguments}' >{name}.log 2>&1 </dev/null & echo $! >{name}.pid";
        var generate = pods == 0 ? "" : Start("generate", $"generate --num-metrics 16 --update-metrics --pods {pods} --socket {folder}/agent.sock");
        var (exitCode, output) = machines.There.Run(
            $"chmod 666 /dev/infiniband/*; rm -rf {folder}; mkdir {folder} && chown 65534 {folder} && cd {folder} && ulimit -l {kibibytes} && "
            + $"{{ {Start("host", $"host --rdma-queues 1 --dev {machines.Options.PeerDevice} --port 5055 --socket {folder}/agent.sock")}; }}; "
            + $"until grep -q listening host.log; do sleep 0.2; done; {generate}{(pods == 0 ? "" : ";")} i=0; until grep -q '{expected}' host.log || [ $i = 100 ]; do sleep 0.2; i=$((i + 1)); done; "
            + $"wget -q -O - http://127.0.0.1:5055/health; cat host.log; kill $(cat *.pid); sleep 0.3; rm -rf {folder}", TimeSpan.FromSeconds(60));
        Check.Contains("healthy", output, $"the agent stays ({exitCode})");
        return output;
    }

    private static void No_device_is_one_line(Machines machines, Detail detail)
    {
        var device = machines.Options.Device;
        if (!device.StartsWith("rxe", StringComparison.Ordinal))
        {
            detail.Add("a real device is not taken away: an unknown name instead");
            var (unknown, said) = machines.Run($"nic --control-plane {machines.ControlPlane} --dev none_such --transport verbs");
            Check.True(unknown is not 0 and not 124 && said.Trim().Split('\n').Length == 1, $"one line: {said}");
            return;
        }
        Shell.RunHere("/bin/sh", ["-c", $"rdma link delete {device}"], TimeSpan.FromSeconds(10));
        try
        {
            var (exitCode, output) = machines.Run($"nic --control-plane {machines.ControlPlane} --transport verbs");
            Check.True(exitCode is not 0 and not 124, $"it ends with an error: {exitCode}");
            Check.Equal(1, output.Trim().Split('\n').Length, $"lines of: {output}");
            Check.Contains("--transport shm", output, "the hint");
            detail.Add(output.Trim());
        }
        finally
        {
            Shell.RunHere("/bin/sh", ["-c", $"rdma link add {device} type rxe netdev eth0"], TimeSpan.FromSeconds(10));
        }
    }
}
