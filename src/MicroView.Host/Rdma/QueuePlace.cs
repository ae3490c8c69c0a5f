using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>A queue pair in the pool, with who holds it. Belongs to <see cref="QueuePool"/>, under its lock.</summary>
internal sealed class QueuePlace(IAnsweringQueue queue, int index)
{
    /// <summary>The states that <see cref="StateName"/> tells.</summary>
    internal static readonly string[] StateNames = ["reset", "init", "rtr", "rts", "error", "other"];

    internal IAnsweringQueue Queue => queue;

    internal int Index => index;

    internal QueueOwner? Owner { get; set; }

    /// <summary>Its owner's request is with the device, which nobody else may ask meanwhile.</summary>
    internal bool IsConnecting { get; set; }

    /// <summary>Its error has been told.</summary>
    internal bool InError { get; set; }

    /// <summary>It did not say its state, which has been told.</summary>
    internal bool IsMute { get; set; }

    /// <summary>As it was last seen.</summary>
    internal QueuePairState State { get; set; }

    internal string StateName => IsConnecting ? "init" : State switch
    {
        QueuePairState.Reset => "reset",
        QueuePairState.Init => "init",
        QueuePairState.ReadyToReceive => "rtr",
        QueuePairState.ReadyToSend => "rts",
        QueuePairState.Error => "error",
        _ => "other",
    };
}
