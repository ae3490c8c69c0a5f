namespace MicroView.Host;

/// <summary>The agent's figures at one moment, for a terminal view.</summary>
/// <param name="SocketPods">Pods of socket clients.</param>
/// <param name="RestPods">Pods of REST clients.</param>
/// <param name="NodePods">Pods of node sources.</param>
/// <param name="Slots">Published slots of all pods.</param>
/// <param name="PoolBytes">Capacities of all objects, retiring ones included.</param>
/// <param name="Readers">Readers with a live lease.</param>
/// <param name="Retiring">Pods that left the layout and wait for readers.</param>
/// <param name="Connections">Open control connections.</param>
/// <param name="Refused">Refusals since the start, all reasons.</param>
/// <param name="Generation">The layout's generation.</param>
public readonly record struct HostStats(
    int SocketPods, int RestPods, int NodePods, long Slots, long PoolBytes, int Readers, int Retiring, int Connections, long Refused, ulong Generation)
{
    /// <summary>All pods.</summary>
    public int Pods => SocketPods + RestPods + NodePods;
}
