using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>
/// A shared mapping of a whole file, unmapped on dispose or finalization. Whoever keeps an address into it must keep the
/// handle: that is why <see cref="SlotCell"/> carries one.
/// </summary>
internal sealed unsafe class Mapping : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly nuint _length;
    private readonly byte[]? _private;

    private Mapping(nint address, nuint length, byte[]? ownMemory = null) : base(ownsHandle: true)
    {
        SetHandle(address);
        _length = length;
        _private = ownMemory;
    }

    internal byte* Address => (byte*)handle;

    internal static Mapping Create(SafeFileHandle file, int length, bool writable, string subject)
    {
        var protection = writable ? Libc.PROT_READ | Libc.PROT_WRITE : Libc.PROT_READ;
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            var address = Libc.mmap(null, (nuint)length, protection, Libc.MAP_SHARED, (int)file.DangerousGetHandle(), 0);
            if ((nint)address == -1)
                throw new SystemCallException("mmap", subject, Marshal.GetLastPInvokeError());
            return new((nint)address, (nuint)length);
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    /// <summary>Memory of this process alone, a cache line's alignment, zeroed.</summary>
    internal static Mapping CreatePrivate(int length)
    {
        var memory = GC.AllocateArray<byte>(length + PageFormat.LineSize, pinned: true);
        var start = (nint)Unsafe.AsPointer(ref memory[0]);
        return new((start + PageFormat.LineSize - 1) & -PageFormat.LineSize, (nuint)length, memory);
    }

    protected override bool ReleaseHandle() => _private is not null || Libc.munmap((void*)handle, _length) == 0;
}
