namespace MicroView.Verbs;

/// <summary>State of a queue pair; values as in verbs.</summary>
public enum QueuePairState
{
    /// <summary>Nothing reaches it, nothing leaves it.</summary>
    Reset,

    /// <summary>It has a port and access rights.</summary>
    Init,

    /// <summary>It answers.</summary>
    ReadyToReceive,

    /// <summary>It answers and asks.</summary>
    ReadyToSend,

    /// <summary>Send queue drained.</summary>
    Drained,

    /// <summary>Send queue in error; not for reliable connections.</summary>
    SendError,

    /// <summary>Everything posted completes as flushed.</summary>
    Error,
}

/// <summary>This end of a connection.</summary>
/// <param name="Port">The device's port.</param>
/// <param name="Gid">The entry to speak from.</param>
/// <param name="Mtu">The port's active MTU.</param>
/// <param name="PacketSequence">First sequence number that it sends; 24 bits.</param>
/// <param name="ReadsSent">READs that it may have in flight.</param>
/// <param name="ReadsAnswered">READs that it answers at the same time.</param>
public sealed record LocalEnd(int Port, GidEntry Gid, PathMtu Mtu, uint PacketSequence, int ReadsSent, int ReadsAnswered);

/// <summary>The other end of a connection, as it says of itself.</summary>
/// <param name="QueuePair">Its number.</param>
/// <param name="Gid">Address of its port.</param>
/// <param name="Lid">Its port's local identifier on InfiniBand; 0 on RoCE.</param>
/// <param name="Mtu">Its port's active MTU.</param>
/// <param name="PacketSequence">First sequence number that it sends; 24 bits.</param>
/// <param name="ReadsSent">READs that it may have in flight.</param>
/// <param name="ReadsAnswered">READs that it answers at the same time.</param>
public sealed record RemoteEnd(uint QueuePair, Gid Gid, ushort Lid, PathMtu Mtu, uint PacketSequence, int ReadsSent, int ReadsAnswered);
