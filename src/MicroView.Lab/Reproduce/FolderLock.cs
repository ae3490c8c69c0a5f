namespace MicroView.Lab;

/// <summary>Keeps a second run out of a folder: the two would take each other's processes for leftovers. Ends with the process, however that ends.</summary>
internal static class FolderLock
{
    /// <exception cref="LabException">Another run has it.</exception>
    public static FileStream Take(string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException error)
        {
            throw new LabException($"{folder}: another run is working in this folder; name another one (--out)", ExitCode.Unavailable, error);
        }
    }
}
