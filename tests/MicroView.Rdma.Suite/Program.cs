using MicroView.Rdma.Suite;

return args switch
{
    ["shell", "--listen", var place] => await ShellServer.RunAsync(place),
    ["write", "--listen", var place, "--socket", var socket] => await WriterProgram.RunAsync(place, socket),
    ["agent", "--listen", var address, "--port", var port, "--collectors", var collectors, "--socket", var socket, "--control", var place] =>
        await FaultyAgent.RunAsync(address, port, collectors, socket, place),
    ["collect", "--control-plane", var agent, "--dev", var device, "--lmaps", var lmaps, "--port", var port, "--control", var place] =>
        await FaultyCollector.RunAsync(agent, device, int.Parse(lmaps), int.Parse(port), place),
    ["list"] => Suite.List(),
    ["run", .. var options] => Suite.Run(options),
    _ => Suite.Usage(),
};
