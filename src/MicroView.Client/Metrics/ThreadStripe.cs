using System.Runtime.CompilerServices;

namespace MicroView.Client;

/// <summary>
/// Which stripe a thread adds to. Every add is a compare-and-swap, so any choice is right; a good one keeps threads off each other's
/// cache lines. Threads start on stripes in turn, and one that meets another (its swap fails) moves on, so that the threads that
/// are busy at the same time come to stand apart, however many idle ones there are.
/// </summary>
internal static class ThreadStripe
{
    private static int s_next;

    [ThreadStatic]
    private static int t_place; // 0: none yet

    /// <summary>This thread's place; masked by an object's number of stripes less one, it is the stripe.</summary>
    internal static int Place
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var place = t_place;
            return place != 0 ? place : Settle();
        }
    }

    /// <summary>Moves the thread on, from a stripe where it met another.</summary>
    internal static int Move() => t_place = Mark(t_place + 1);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Settle() => t_place = Mark(Interlocked.Increment(ref s_next));

    private static int Mark(int place) => place | 1 << 30; // never 0, however many threads there were
}
