using System.Net;
using MicroView.Verbs;

namespace MicroView.Host;

internal sealed class RestServer(HostState state, RestPods pods, VerbsState rdma) : IAsyncDisposable
{
    internal IPEndPoint? Endpoint { get; private set; }
    internal Task StartAsync(CancellationToken cancellation) { _ = (state, pods, rdma, cancellation); Endpoint = null; return Task.CompletedTask; }
    public ValueTask DisposeAsync() { _ = state; return default; }
}
