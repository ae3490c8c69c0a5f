namespace MicroView.Host;

/// <summary>Why the agent refused something; each is one value of the label `reason`.</summary>
internal enum RefusalReason
{
    /// <summary>Garbage, or a message out of order.</summary>
    Protocol,

    /// <summary>A field that breaks a rule.</summary>
    Invalid,

    /// <summary>An object whose seals, size or file system is wrong.</summary>
    Untrusted,

    /// <summary>A pod id of another user.</summary>
    PodInUse,

    /// <summary>A quota is used up.</summary>
    Full,

    /// <summary>A role is missing.</summary>
    Forbidden,

    /// <summary>No such pod.</summary>
    NotFound,

    /// <summary>A peer that stayed silent.</summary>
    Silent,

    /// <summary>Too many connections of one user.</summary>
    Connections,

    /// <summary>A single descriptor.</summary>
    Descriptor,

    /// <summary>A body that is too large.</summary>
    TooLarge,
}
