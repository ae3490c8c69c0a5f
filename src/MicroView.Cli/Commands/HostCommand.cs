using System.CommandLine;

namespace MicroView.Cli;

/// <summary>`microview host`: the host agent alone.</summary>
internal static class HostCommand
{
    public static Command Create()
    {
        var options = new HostOptionTable();
        var command = new DocumentedCommand("host", "Run the host agent: admits pods, keeps their layout, serves collectors over its socket and over HTTP.",
            new("microview host", "socket and http://127.0.0.1:5000, for this machine only"),
            new("microview host --rdma-queues 1 --host 0.0.0.0 --token-file /etc/microview/token", "for collectors on other machines (RoCE/InfiniBand)"),
            new("microview host --sources all", "also publish this machine's cgroups and processes as pods"),
            new("DEFAULT_PAGE_SIZE=4096 SHM_POOL_NAME=microview microview host", "settings from the environment, as in the artifact"))
        {
            Check = (result, problems) => HostRun.Read(options, result, problems),
        };
        options.AddTo(command);
        command.Add(AgentOptions.Configuration());
        command.SetAction((result, cancellation) => Running.RunAsync(result, options.Debug, stop => HostRun.RunAsync(options, result, stop), cancellation));
        return command;
    }
}
