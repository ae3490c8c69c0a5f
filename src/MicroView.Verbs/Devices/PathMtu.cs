namespace MicroView.Verbs;

/// <summary>Payload of a packet at most, with the values of verbs.</summary>
public enum PathMtu
{
    /// <summary>256 bytes.</summary>
    Mtu256 = 1,

    /// <summary>512 bytes.</summary>
    Mtu512,

    /// <summary>1,024 bytes.</summary>
    Mtu1024,

    /// <summary>2,048 bytes.</summary>
    Mtu2048,

    /// <summary>4,096 bytes.</summary>
    Mtu4096,
}

/// <summary>Path MTUs as bytes.</summary>
public static class PathMtuBytes
{
    /// <summary>256 … 4096.</summary>
    public static int ToBytes(this PathMtu mtu) => 128 << (int)mtu;

    /// <summary>The largest that packets of so many bytes allow; 256 where they allow none.</summary>
    public static PathMtu From(int bytes)
    {
        var mtu = PathMtu.Mtu4096;
        while (mtu > PathMtu.Mtu256 && mtu.ToBytes() > bytes)
            mtu--;
        return mtu;
    }

    /// <summary>What both ends can do.</summary>
    public static PathMtu Smaller(PathMtu one, PathMtu other) => one < other ? one : other;
}
