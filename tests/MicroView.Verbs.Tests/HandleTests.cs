using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CsCheck;

namespace MicroView.Verbs.Tests;

/// <summary>The order in which native objects end, told by handles that note it instead of calling the library.</summary>
public sealed class HandleTests
{
    [Fact]
    public void In_whatever_order_they_are_disposed_children_end_first() =>
        Gen.Shuffle(new[] { "context", "domain", "region", "channel", "completions", "pair" }).Sample(order =>
        {
            var ended = new List<string>();
            var made = Tree(ended);
            foreach (var name in order)
                made[name].Dispose();
            Assert.Equal(made.Keys.Order(), ended.Order());
            Assert.All([("region", "domain"), ("pair", "domain"), ("pair", "completions"), ("completions", "channel"), ("channel", "context"), ("domain", "context")],
                pair => Assert.True(ended.IndexOf(pair.Item1) < ended.IndexOf(pair.Item2), string.Join(' ', ended)));
        });

    [Fact]
    public void Disposing_twice_ends_once()
    {
        var ended = new List<string>();
        var handle = new NotingHandle("one", ended);
        handle.Dispose();
        handle.Dispose();
        Assert.Equal(["one"], ended);
    }

    [Fact]
    public void Use_after_dispose_throws_and_use_during_it_is_safe()
    {
        var ended = new List<string>();
        var handle = new NotingHandle("one", ended);
        using (handle.Hold())
        {
            handle.Dispose();
            Assert.Empty(ended);
        }
        Assert.Equal(["one"], ended);
        Assert.Throws<ObjectDisposedException>(() => handle.Hold().Dispose());
        Assert.Throws<ObjectDisposedException>(() => new NotingHandle("child", ended, handle));
    }

    [Fact]
    public void Memory_that_is_a_handle_is_freed_after_its_region()
    {
        var ended = new List<string>();
        var memory = new NotingHandle("memory", ended);
        var region = new NotingHandle("region", ended, kept: memory);
        memory.Dispose();
        Assert.Empty(ended);
        region.Dispose();
        Assert.Equal(["region", "memory"], ended);
    }

    [Fact]
    public void Memory_of_any_owner_stays_until_its_region_is_disposed()
    {
        var (region, owner) = OwnedRegion();
        Collect();
        Assert.True(owner.IsAlive);
        region.Dispose();
        Collect();
        Assert.False(owner.IsAlive);
        GC.KeepAlive(region);
    }

    [Fact]
    public void What_nobody_disposed_ends_in_order_too()
    {
        var ended = new List<string>();
        Forget(ended);
        for (var i = 0; i < 50 && ended.Count < 6; i++)
            Collect();
        Assert.Equal(6, ended.Count);
        Assert.Equal("context", ended[^1]);
        Assert.True(ended.IndexOf("region") < ended.IndexOf("domain") && ended.IndexOf("pair") < ended.IndexOf("domain"));
    }

    [Fact]
    public void A_creation_that_failed_says_so_and_lets_its_parents_go()
    {
        var ended = new List<string>();
        var parent = new NotingHandle("parent", ended);
        Marshal.SetLastPInvokeError(VerbsValues.EINVAL);
        var error = Assert.Throws<VerbsException>(() => new NotingHandle("child", ended, parent, created: 0));
        Assert.Equal("ibv_make failed on child: Invalid argument (errno 22)", error.Message);
        parent.Dispose();
        Assert.Equal(["parent"], ended);
    }

    [Fact]
    public void A_chain_checks_every_place_and_refuses_use_after_dispose()
    {
        var chain = new SendChain(4);
        chain.SetRead(3, 1, 0x1000, 2, 64, 0x2000, 3);
        chain.SetSignaled(0, true);
        Assert.Throws<ArgumentOutOfRangeException>(() => chain.SetRead(4, 1, 0, 0, 1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => chain.SetWrite(-1, 1, 0, 0, 1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => chain.SetRead(0, 1, 0, 0, 0, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SendChain(0));
        chain.Dispose();
        chain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => chain.SetRead(0, 1, 0, 0, 1, 0, 0));
        Assert.Throws<ObjectDisposedException>(() => chain.SetSignaled(0, false));
    }

    private static Dictionary<string, NotingHandle> Tree(List<string> ended)
    {
        var context = new NotingHandle("context", ended);
        var domain = new NotingHandle("domain", ended, context);
        var channel = new NotingHandle("channel", ended, context);
        var completions = new NotingHandle("completions", ended, channel);
        NotingHandle[] all = [context, domain, channel, completions, new("region", ended, domain), new("pair", ended, domain, completions)];
        return all.ToDictionary(handle => handle.Name);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(List<string> ended) => Tree(ended);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (NotingHandle Region, WeakReference Owner) OwnedRegion()
    {
        var owner = new object();
        return (new("region", [], kept: owner), new(owner));
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private sealed class NotingHandle : VerbsHandle
    {
        private readonly List<string> _ended;

        internal NotingHandle(string name, List<string> ended, VerbsHandle? parent = null, object? kept = null, nint created = 1) : base(parent, kept)
        {
            Name = name;
            _ended = ended;
            Take(created, "ibv_make", name);
        }

        internal string Name { get; }

        protected override int Destroy(nint created)
        {
            _ended.Add(Name);
            return 0;
        }
    }
}
