using CsCheck;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

public sealed class LayoutBookTests
{
    private enum Act { Attach, Describe, Retire, Remove, Read }

    private static ServedPod NewPod(string id, uint user = 1, PodKind kind = PodKind.Socket) =>
        new(new(id, kind, user), new SealedMemory(PageObject.Create("book", TestClient.Geometry)));

    private static ObjectLayout Object0 => new(0, TestClient.Geometry.Capacity, 1, 1);

    /// <summary>What a reader keeps: it applies removals, then pods.</summary>
    private sealed class Reader
    {
        private readonly Dictionary<string, List<string>> _pods = [];
        private ulong _since, _removals;

        internal void Read(LayoutBook book, long budget)
        {
            while (true)
            {
                var update = book.Since(_since, _removals, budget, out var asOf, out _);
                if (update.Full)
                    _pods.Clear();
                foreach (var gone in update.Removed)
                    _pods.Remove(gone);
                foreach (var pod in update.Pods)
                {
                    if (!_pods.TryGetValue(pod.Pod, out var known))
                        _pods[pod.Pod] = known = [];
                    Assert.Equal(known.Count, pod.FirstSlot);
                    known.AddRange(pod.Descriptors.Select(d => d.Name));
                    Assert.Equal(known.Count, pod.Slots);
                }
                var done = update.Generation == _since || update.Generation == book.Generation;
                (_since, _removals) = (update.Generation, asOf);
                if (done)
                    return;
            }
        }

        internal void AssertKnows(LayoutBook book)
        {
            var whole = book.Since(0).Pods.ToDictionary(pod => pod.Pod, pod => pod.Descriptors.Select(d => d.Name).ToList());
            Assert.Equal(whole.Keys.Order(), _pods.Keys.Order());
            foreach (var (pod, names) in whole)
                Assert.Equal(names, _pods[pod]);
        }
    }

    [Fact]
    public void A_reader_that_follows_in_pieces_of_any_size_knows_what_the_whole_layout_says()
    {
        var step = Gen.Select(Gen.Enum<Act>(), Gen.Int[0, 5], Gen.Int[1, 40]);
        Gen.Select(step.Array[1, 60], Gen.Int[0, 3]).Sample((steps, size) =>
        {
            var budget = ((long[])[1, 500, 5_000, long.MaxValue])[size];
            var (book, reader) = (new LayoutBook(), new Reader());
            var pods = new Dictionary<string, ServedPod>();
            foreach (var (act, which, count) in steps)
            {
                var id = $"pod-{which}";
                var known = pods.GetValueOrDefault(id);
                switch (act)
                {
                    case Act.Attach when known is null:
                        pods[id] = NewPod(id);
                        Assert.Null(book.Admit(pods[id], Object0));
                        break;
                    case Act.Describe when known is not null:
                        var first = known.Descriptors.Count;
                        Assert.Null(book.Describe(known, first, [.. Enumerable.Range(first, count).Select(i => new SlotDescriptor { Name = $"m{i}" })], [], out _));
                        break;
                    case Act.Retire when known is { Descriptors.Count: > 0 }:
                        Assert.Null(book.Retire(known, [count % known.Descriptors.Count]));
                        break;
                    case Act.Remove when known is not null:
                        Assert.NotEqual(0ul, book.Remove(known));
                        known.Memory.Close();
                        pods.Remove(id);
                        break;
                    case Act.Read:
                        reader.Read(book, budget);
                        reader.AssertKnows(book);
                        break;
                }
            }
            reader.Read(book, budget);
            reader.AssertKnows(book);
            foreach (var pod in pods.Values)
                pod.Memory.Close();
        }, iter: 300);
    }

    [Fact]
    public void A_reader_too_far_behind_gets_the_full_layout_and_still_arrives_in_pieces()
    {
        var (book, reader) = (new LayoutBook(), new Reader());
        var old = Enumerable.Range(0, 50).Select(i => NewPod($"old-{i}")).ToList();
        old.ForEach(pod => Assert.Null(book.Admit(pod, Object0)));
        reader.Read(book, 2_000);
        var churned = NewPod("x");
        for (var i = 0; i < 2_000; i++) // more removals than are remembered
        {
            var pod = new ServedPod(new($"{new string('c', 100)}-{i}", PodKind.Socket, 1), churned.Memory);
            Assert.Null(book.Admit(pod, Object0));
            book.Remove(pod);
        }
        book.Remove(old[7]);
        reader.Read(book, 2_000);
        reader.AssertKnows(book);
        old.ForEach(pod => pod.Memory.Close());
        churned.Memory.Close();
    }

    [Fact]
    public void Another_users_id_is_refused_and_a_nodes_is_not()
    {
        var book = new LayoutBook();
        ServedPod[] pods = [NewPod("web", 1), NewPod("web", 2), NewPod("node", 0, PodKind.Node), NewPod("node", 2)];
        Assert.Null(book.Admit(pods[0], Object0));
        Assert.Contains("another user", book.Admit(pods[1], Object0), StringComparison.Ordinal);
        Assert.Null(book.Admit(pods[2], Object0));
        Assert.Null(book.Admit(pods[3], Object0));
        Assert.Equal("node#2", pods[3].Id);
        Array.ForEach(pods, pod => pod.Memory.Close());
    }

    [Fact]
    public void The_pool_refuses_what_would_pass_80_percent_of_descriptors_or_maps()
    {
        var files = new PoolQuota(1000, long.MaxValue, 0, 1_000_000); // whatever is open is more than 80 % of nothing
        Assert.Contains("descriptors", files.TakePod(4096, PodKind.Socket), StringComparison.Ordinal);
        Assert.False(files.TakeConnection());
        var maps = new PoolQuota(1000, long.MaxValue, long.MaxValue, 1);
        Assert.Contains("max_map_count", maps.TakePod(4096, PodKind.Socket), StringComparison.Ordinal);
        Assert.Null(maps.TakePod(4096, PodKind.Rest)); // never mapped
        maps.ReturnPod(4096, 1, PodKind.Rest);
        Assert.Equal(0, maps.Bytes);
    }
}
