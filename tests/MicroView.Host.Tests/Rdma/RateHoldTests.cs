using CsCheck;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

/// <summary>Terms of control words, by a clock that the tests move.</summary>
public sealed class RateHoldTests : IDisposable
{
    private const double Base = 0.25;
    private const long Second = 1_000_000_000;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(3);

    private readonly PageObject _page = PageObject.Create("rates", TestClient.Geometry);
    private readonly SealedMemory _memory;
    private readonly ReaderLeases _leases = new(TimeSpan.FromMinutes(10));
    private readonly RateHold _hold = new();

    public RateHoldTests()
    {
        _memory = new(_page);
        _hold.Begin(_memory, Base);
    }

    public void Dispose() => _memory.Close();

    private ReaderLease Lease(string name) => _leases.Touch("http:" + name, 0, 1)!;

    private bool Watch(long now) => _hold.Watch(_memory, Base, now, s_timeout, _leases);

    private void Write(double rate, ushort term, ushort sequence) => _page.Control = ControlWord.Create(rate, term, sequence);

    private bool HasBase => _page.Control is { Term: 0 } word && Math.Abs(word.Rate - Base) < 1e-6;

    [Fact]
    public void A_term_is_granted_to_one_lease_at_a_time()
    {
        var (term, _) = _hold.Grant(Lease("a"), Second, _leases);
        Assert.NotEqual(0, term);
        Assert.Equal((term, null), _hold.Grant(Lease("a"), 2 * Second, _leases));
        Assert.Equal(((ushort)0, "http:a"), _hold.Grant(Lease("b"), 2 * Second, _leases));
        _leases.End("http:a");
        var (next, holder) = _hold.Grant(Lease("b"), 2 * Second, _leases);
        Assert.Null(holder);
        Assert.NotEqual(0, next);
        Assert.NotEqual(term, next);
    }

    [Fact]
    public void Words_of_the_term_that_move_keep_it_and_a_still_one_ends_it()
    {
        var (term, _) = _hold.Grant(Lease("a"), Second, _leases);
        for (var i = 1; i <= 20; i++)
        {
            Write(1, term, (ushort)i);
            Assert.False(Watch(i * Second));
        }
        Assert.False(Watch(22 * Second));
        Assert.Equal(1, _page.Control.Rate);
        Assert.True(Watch(23 * Second)); // three seconds after the last that moved
        Assert.True(HasBase);
        Assert.False(_hold.IsHeld);
        Assert.Null(_hold.Grant(Lease("b"), 23 * Second, _leases).Holder);
    }

    [Fact]
    public void Words_of_another_term_keep_nothing_alive()
    {
        var (term, _) = _hold.Grant(Lease("a"), Second, _leases);
        Write(1, term, 1);
        Assert.False(Watch(Second));
        for (var i = 2; i <= 40; i++)
        {
            Write(1, (ushort)(term + 1), (ushort)i);
            if (Watch(i * (Second / 10) + Second))
                break;
        }
        Assert.True(HasBase);
        Assert.False(_hold.IsHeld);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(0)]
    public void A_forged_word_of_a_pod_that_nobody_holds_is_replaced(ushort term)
    {
        Write(1, term, 1000);
        Assert.True(Watch(5 * Second));
        Assert.True(HasBase);
        Write(1, term, 2000);
        Assert.False(Watch(6 * Second)); // a client that goes on costs a store each time-out
        Assert.True(Watch(8 * Second));
        Assert.True(HasBase);
    }

    [Fact]
    public void After_an_ended_lease_its_rate_stands_until_the_watch_puts_the_base_rate_back()
    {
        var (term, _) = _hold.Grant(Lease("a"), Second, _leases);
        Write(1, term, 1);
        Assert.False(Watch(Second));
        _leases.End("http:a");
        Assert.False(Watch(3 * Second));
        Assert.Equal(1, _page.Control.Rate);
        Write(1, term, 2); // a ghost of the holder, whose term is over
        Assert.True(Watch(4 * Second));
        Assert.True(HasBase);
    }

    [Fact]
    public void A_holder_that_never_writes_has_the_time_out_to_begin()
    {
        _hold.Grant(Lease("a"), 10 * Second, _leases);
        Assert.False(Watch(12 * Second));
        _hold.Grant(Lease("a"), 12 * Second, _leases); // asking again renews nothing
        Assert.True(_hold.IsHeld);
        Assert.False(Watch(13 * Second)); // over, and the base rate was never gone
        Assert.False(_hold.IsHeld);
        Assert.True(HasBase);
    }

    [Fact]
    public void A_session_on_the_socket_and_a_lease_keep_each_other_out()
    {
        var session = new object();
        Assert.Null(_hold.Set(_memory, session, "local", 1, Second, _leases));
        Assert.Equal(((ushort)0, "local"), _hold.Grant(Lease("a"), Second, _leases));
        _hold.Leave(session);
        Assert.Null(_hold.Grant(Lease("a"), Second, _leases).Holder);
        Assert.Equal("http:a", _hold.Set(_memory, session, "local", 1, Second, _leases));
        _leases.End("http:a");
        Assert.Null(_hold.Set(_memory, session, "local", 0.5, Second, _leases));
        Assert.Equal(0.5, _page.Control.Rate, 1e-6);
    }

    private enum Act { Grant, Write, Forge, End, Wait }

    [Fact]
    public void Whatever_happens_one_lease_holds_it_its_words_stand_and_without_them_the_base_rate_returns() =>
        Gen.Select(Gen.Enum<Act>(), Gen.Int[0, 2], Gen.Int[0, 40]).Array[1, 60].Sample(steps =>
        {
            var (hold, leases) = (new RateHold(), new ReaderLeases(TimeSpan.FromMinutes(10)));
            hold.Begin(_memory, Base);
            var (now, sequence) = (100 * Second, (ushort)0);
            (ReaderLease Lease, ushort Term)? granted = null; // to whom it was granted last
            foreach (var (act, who, tenths) in steps)
            {
                now += tenths * (Second / 10);
                switch (act)
                {
                    case Act.Grant:
                        var isFree = granted is not { } last || !hold.IsHeld || !leases.IsOpen(last.Lease);
                        var lease = leases.Touch($"http:{who}", 0, 1)!;
                        var (term, holder) = hold.Grant(lease, now, leases);
                        Assert.Equal(isFree || ReferenceEquals(granted!.Value.Lease, lease), holder is null);
                        Assert.Equal(holder is null, term != 0);
                        if (isFree)
                            Assert.NotEqual(granted?.Term ?? 0, term);
                        if (holder is null)
                            granted = (lease, term);
                        break;
                    case Act.Write when granted is { } own && hold.IsHeld && leases.IsOpen(own.Lease):
                        Write(0.75, own.Term, sequence += 7);
                        Assert.False(hold.Watch(_memory, Base, now, s_timeout, leases));
                        Assert.False(hold.Watch(_memory, Base, now + 2 * Second, s_timeout, leases));
                        Assert.Equal(own.Term, _page.Control.Term);
                        break;
                    case Act.Forge:
                        Write(0.9, (ushort)(60_000 + who), sequence += 7);
                        break;
                    case Act.End:
                        leases.End($"http:{who}");
                        break;
                }
                _ = hold.Watch(_memory, Base, now, s_timeout, leases);
            }
            _ = hold.Watch(_memory, Base, now + 4 * Second, s_timeout, leases);
            Assert.True(HasBase);
            Assert.False(hold.IsHeld);
        }, iter: 2000, threads: 1);
}
