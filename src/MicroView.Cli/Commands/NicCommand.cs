using System.CommandLine;

namespace MicroView.Cli;

/// <summary>`microview nic`, alias `collect`: the collector.</summary>
internal static class NicCommand
{
    public static Command Create()
    {
        var options = new NicOptionTable();
        var command = new DocumentedCommand("nic", "Run the collector: reads the pods' pages, classifies rows, serves Prometheus. On a SmartNIC/IPU or on the host itself.",
            new("microview nic --transport shm", "collect from this machine's agent; endpoint on http://127.0.0.1:8000/metrics"),
            new("microview nic --control-plane 10.0.0.5:5000 --dev mlx5_3 --gid 1 --ib-port 1 --test read_loop --debug", "the artifact's command line, over RDMA"),
            new("microview nic --test read_loop --lmaps 2 --duration 30", "measure the read loop for 30 s; CSV per LMAP in the working directory"),
            new("microview nic --test setup", "connect, read one page of each pod, print it"),
            new("microview nic --model VAE --model-file cart.vae", "judge the pods whose metrics the trained network knows"),
            new("microview nic --record run.mvrec", "collect and record; Ctrl+C ends both"),
            new("microview nic --recording run.mvrec --model TH --decisions th.csv", "what the threshold detector says of each recorded row"),
            new("microview nic -s 1 -m TH -i", "once a second, threshold detector, terminal view"))
        {
            Check = (result, problems) => NicRun.Read(options, result, problems),
        };
        command.Aliases.Add("collect");
        options.AddTo(command);
        command.Add(AgentOptions.Configuration());
        command.SetAction((result, cancellation) => Running.RunAsync(result, options.Debug, stop => NicRun.RunAsync(options, result, stop), cancellation));
        return command;
    }
}
