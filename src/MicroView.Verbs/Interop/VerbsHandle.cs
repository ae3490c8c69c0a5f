using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>
/// An object of libibverbs, destroyed once, when nobody uses it and nothing depends on it: a child holds its parents, so
/// that disposing (or finalizing) them in any order never meets EBUSY. Thread-safe.
/// </summary>
internal abstract class VerbsHandle : SafeHandle
{
    private readonly SafeHandle? _parent, _second;

    /// <summary>Reachable as long as the object is registered or in use.</summary>
    private object? _kept;

    /// <summary>Holds the parents; <see cref="Take"/> makes it the handle of something.</summary>
    /// <param name="parent">What it is made from.</param>
    /// <param name="kept">Kept alive as long as the object; a SafeHandle is held as a parent is.</param>
    /// <exception cref="ObjectDisposedException">A parent is gone.</exception>
    protected VerbsHandle(SafeHandle? parent, object? kept = null) : base(0, ownsHandle: true)
    {
        _parent = Holding(parent);
        try
        {
            _second = Holding(kept as SafeHandle);
            _kept = kept;
        }
        catch
        {
            _parent?.DangerousRelease();
            throw;
        }
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Takes over what a creating call has returned.</summary>
    /// <exception cref="VerbsException">It returned null, for the reason in errno; the parents are free again.</exception>
    internal void Take(nint created, string call, string subject)
    {
        if (created != 0)
        {
            SetHandle(created);
            return;
        }
        var errno = Marshal.GetLastPInvokeError();
        SetHandleAsInvalid();
        LetGo();
        throw VerbsException.Of(call, subject, errno);
    }

    /// <summary>Keeps the object from being destroyed while it is used. Allocates nothing.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    internal Use Hold() => new(this);

    /// <summary>Ends the object; returns errno.</summary>
    protected abstract int Destroy(nint created);

    protected sealed override bool ReleaseHandle()
    {
        var errno = Destroy(handle);
        LetGo();
        return errno == 0;
    }

    private static SafeHandle? Holding(SafeHandle? held)
    {
        var isHeld = false;
        held?.DangerousAddRef(ref isHeld);
        return held;
    }

    private void LetGo()
    {
        _kept = null;
        _second?.DangerousRelease();
        _parent?.DangerousRelease();
    }

    /// <summary>One use of a handle.</summary>
    internal readonly unsafe ref struct Use : IDisposable
    {
        private readonly VerbsHandle _handle;

        internal Use(VerbsHandle handle)
        {
            var held = false;
            handle.DangerousAddRef(ref held);
            _handle = handle;
        }

        internal void* Pointer => (void*)_handle.handle;

        public void Dispose() => _handle.DangerousRelease();
    }
}
