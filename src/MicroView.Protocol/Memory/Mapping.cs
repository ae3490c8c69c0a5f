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

    private Mapping(nint address, nuint length) : base(ownsHandle: true)
    {
        SetHandle(address);
        _length = length;
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

    protected override bool ReleaseHandle() => Libc.munmap((void*)handle, _length) == 0;
}
