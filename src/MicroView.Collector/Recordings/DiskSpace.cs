namespace MicroView.Collector;

/// <summary>Room on a file system.</summary>
/// <param name="Free">Bytes that this user may still write.</param>
/// <param name="Total">Bytes in all.</param>
internal readonly record struct DiskSpace(long Free, long Total)
{
    private const long Least = 256L << 20;

    /// <summary>What is left belongs to others: 256 MiB, of small file systems a tenth.</summary>
    public bool IsShort => Free < Math.Min(Least, Total / 10);

    /// <summary>That of a file; without bounds where the system does not tell: then a write will.</summary>
    public static DiskSpace Of(string path)
    {
        try
        {
            var drive = new DriveInfo(Path.GetDirectoryName(path)!);
            return new(drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new(long.MaxValue, long.MaxValue);
        }
    }

    public override string ToString() => $"{Free >> 20} MiB";
}
