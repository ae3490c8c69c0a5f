using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>Zeroed native memory, freed when nobody holds it.</summary>
internal sealed unsafe class NativeBlock : SafeHandle
{
    /// <exception cref="OutOfMemoryException">There is none.</exception>
    internal NativeBlock(nuint bytes, nuint alignment) : base(0, ownsHandle: true)
    {
        var address = NativeMemory.AlignedAlloc(bytes, alignment);
        NativeMemory.Clear(address, bytes);
        SetHandle((nint)address);
    }

    public override bool IsInvalid => handle == 0;

    internal byte* Address => (byte*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
