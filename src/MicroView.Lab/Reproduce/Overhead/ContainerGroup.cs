using System.Globalization;

namespace MicroView.Lab;

/// <summary>Containers without a runtime: cgroups with a real process each, or plain processes where no cgroup can be made.</summary>
internal static class ContainerGroup
{
    public const string Prefix = "container-";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    // One shell makes them all, so that a thousand of them need no pipe each. A container computes a little each second, as a service does that is not
    // quite idle, and forks nothing.
    private const string Script = """
        while read -r name paths; do
          (
            for path in $paths; do echo $BASHPID > "$path/cgroup.procs" || exit; done
            exec -a "$name" bash -c 'exec {never}<> <(:); while :; do for ((i = 0; i < 40; i++)); do :; done; read -t 1 -u $never; done' "$name" < /dev/null
          ) &
        done < "$1"
        echo all are running
        wait
        """;

    /// <summary>Starts them; they end with the step. Returns the version of their cgroups, 0 where they have none.</summary>
    public static async Task<int> StartAsync(int count, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(context);
        var tree = CgroupTree.TryCreate(context.Left, $"mvlab-{context.Left.Mark[..8]}", out var whyNot);
        if (tree is null)
            context.Note($"Containers are plain processes here: no cgroup can be made ({whyNot}).");
        string[] names = [.. Enumerable.Range(0, count).Select(i => Prefix + i.ToString(CultureInfo.InvariantCulture))];
        var cgroups = tree?.Create(names);
        var list = Path.Combine(context.Scratch, "containers");
        await File.WriteAllLinesAsync(list, names.Select((name, i) => cgroups is null ? name : $"{name} {string.Join(' ', cgroups[i])}"), stop);
        var script = Path.Combine(context.Scratch, "containers.sh");
        await File.WriteAllTextAsync(script, Script, stop);
        var shell = context.Processes.Start(new("containers", CpuRole.Application, Programs.Require("bash", "bash"), script, list) { HasChildren = true, Log = Path.Combine(context.Files, "containers.log") });
        await shell.WaitForAsync(output => output.Contains("all are running", StringComparison.Ordinal), "the containers run", s_patience, stop);
        if (cgroups is not null)
            await WaitForMembersAsync(cgroups, shell, stop);
        return tree?.Version ?? 0;
    }

    private static async Task WaitForMembersAsync(string[][] cgroups, GroupProcess shell, CancellationToken stop)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        foreach (var path in cgroups.Select(paths => paths[^1]))
        {
            while (File.ReadAllText(Path.Combine(path, "cgroup.procs")).Length == 0)
            {
                if (watch.Elapsed > s_patience)
                    throw shell.Failure($"{path} has no process");
                await Task.Delay(20, stop);
            }
        }
    }
}
