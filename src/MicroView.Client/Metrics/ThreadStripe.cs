using System.Runtime.CompilerServices;
using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>
/// Which stripe a thread adds to. The lower half of an object's stripes is owned: a thread that adds often claims one, is its only
/// writer until it ends, and adds with a load and a store. All others share the upper half and compare-and-swap. So no increment
/// is lost: an owned stripe has one writer at a time (the claim is a compare-and-swap, and it is given back by a finalizer that can
/// run only after its thread has ended), and a shared one has only atomic writers.
/// </summary>
internal static class ThreadStripe
{
    private const int AddsBeforeClaim = 64, AddsBetweenClaims = 16 * 1024;

    private static readonly int[] Owners = new int[PageFormat.MaxStripes / 2];
    private static int s_threads;

    [ThreadStatic]
    private static int t_owned; // the owned stripe + 1; 0: none

    [ThreadStatic]
    private static int t_patience, t_number;

    [ThreadStatic]
    private static Claim? t_claim;

    /// <summary>The stripe that this thread owns, or -1. It counts only in an object that has more owned stripes than that.</summary>
    internal static int Owned
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => t_owned - 1;
    }

    /// <summary>How many of so many stripes are owned; the others are shared.</summary>
    internal static int OwnedOf(int stripes) => stripes / 2;

    /// <summary>The shared stripe of this thread in an object of <paramref name="stripes"/> stripes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Shared(int stripes)
    {
        if (--t_patience <= 0)
            Settle(OwnedOf(stripes));
        return OwnedOf(stripes) + (t_number & ((stripes - 1) >> 1));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Settle(int limit)
    {
        var first = t_number == 0;
        if (first)
            t_number = Interlocked.Increment(ref s_threads) | 1 << 30; // not 0 even after 2^32 threads
        t_patience = first ? AddsBeforeClaim : AddsBetweenClaims;
        if (first || t_claim is not null)
            return;
        for (var stripe = 0; stripe < limit; stripe++)
        {
            if (Interlocked.CompareExchange(ref Owners[stripe], 1, 0) != 0)
                continue;
            t_claim = new(stripe);
            t_owned = stripe + 1;
            return;
        }
    }

    /// <summary>Held by its thread alone, so unreachable only once the thread has ended.</summary>
    private sealed class Claim(int stripe)
    {
        ~Claim() => Volatile.Write(ref Owners[stripe], 0);
    }
}
