using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Protocol;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

/// <summary>What a recorder does to its file, and what it must not do to anything else.</summary>
public sealed class RecorderTests
{
    [Fact]
    public void The_file_is_its_owners_alone_and_never_another_ones()
    {
        using var scene = new RecordedScene();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scene.Path));
        var error = Assert.Throws<CollectorStartException>(() => new Recorder(scene.Path, 1, new LmapOptions(), CollectorClock.Live, NullLogger.Instance));
        Assert.Contains("exists already", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(scene.Path));
        var link = scene.FileIn("link");
        File.CreateSymbolicLink(link, scene.FileIn("target"));
        Assert.Throws<CollectorStartException>(() => new Recorder(link, 1, new LmapOptions(), CollectorClock.Live, NullLogger.Instance));
        Assert.False(File.Exists(scene.FileIn("target")));
        error = Assert.Throws<CollectorStartException>(() => new Recorder("/nowhere/run", 1, new LmapOptions(), CollectorClock.Live, NullLogger.Instance));
        Assert.Contains("/nowhere", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_never_had_a_layout_leaves_no_file()
    {
        using var scene = new RecordedScene();
        scene.Pass();
        scene.Finish();
        Assert.False(File.Exists(scene.Path));
    }

    [Fact]
    public void Keys_to_memory_are_not_in_the_file()
    {
        using var scene = new RecordedScene(lmaps: 1);
        scene.Join("p", Gauge("g")); // the scene's layouts have regions with the key 0xC0FFEE
        scene.Finish();
        using var reader = RecordingReader.Open(scene.Path);
        Assert.True(reader.Next());
        var json = System.Text.Encoding.UTF8.GetString(reader.Payload[RecordingFormat.LayoutPrefix..]);
        Assert.Contains("\"p\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("regions", json, StringComparison.Ordinal);
        Assert.DoesNotContain("12648430", json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_ring_has_no_room_for_is_left_out_counted_and_told()
    {
        using var scene = new RecordedScene(lmaps: 1, ringBytes: 8192);
        var pods = Enumerable.Range(0, 10).Select(i => scene.Join($"p{i}", [.. Enumerable.Range(0, 20).Select(slot => Gauge($"g{slot}"))])).ToArray();
        for (var pass = 1; pass <= 40; pass++)
        {
            foreach (var pod in pods)
                pod.Set(0, pass);
            scene.Drains = pass % 10 == 0; // the file is slow: 10 pods in 10 passes are more than the ring holds
            scene.Pass();
        }
        scene.Finish();
        var lost = scene.Recorder.Lost;
        Assert.InRange(lost, 100, 399);
        var replayed = await Replayed.RunAsync(scene.Path);
        Assert.Null(replayed.Damage);
        Assert.Equal(lost, replayed.Summary!.LostImages);
        Assert.InRange(replayed.Summary.Images, 40, 400 - lost);
    }

    [Fact]
    public void A_row_whose_image_was_left_out_is_never_made_up_of_its_header_and_another()
    {
        const int slots = 350;
        using var scene = new RecordedScene(lmaps: 1, ringBytes: 4096, tickMs: 0);
        var batch = scene.JoinBatch("batch", [.. Enumerable.Range(0, slots).Select(slot => Gauge($"g{slot}"))]);
        for (var pass = 1; pass <= 100; pass++)
        {
            // The ring holds one image of a row, and headers beside it.
            scene.Drains = pass % 5 == 0;
            if (pass % 2 == 0)
                batch.Object.WriteRow([.. Enumerable.Repeat((double)pass, slots)], pass);
            scene.Pass();
        }
        scene.Finish();
        Assert.True(scene.Recorder.Lost > 20, $"{scene.Recorder.Lost} images were left out");
        using var reader = RecordingReader.Open(scene.Path);
        var transport = new RecordingTransport();
        var player = new RecordingPlayer(reader, transport);
        PageSource? source = null;
        var (row, fresh, last) = (new double[slots], 0, 0L);
        while (player.Next())
        {
            if (player.Kind == RecordedKind.Layout)
                source = transport.Open(player.Layout!.Update.Pods[0], slots, null, []);
            if (player.Kind != RecordedKind.Pass || source!.Read(row, player.TimeNs) != RowStatus.Fresh)
                continue;
            fresh++;
            Assert.Equal(source.RowTimeNs, row[0]);
            Assert.DoesNotContain(row, value => value != row[0]);
            Assert.True(source.RowTimeNs > last);
            last = source.RowTimeNs;
        }
        Assert.True(fresh > 10, $"{fresh} rows came through");
    }

    [Fact]
    public async Task A_full_disk_ends_the_recording_and_nothing_else()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("mv-full").FullName, "run");
        await using var scene = await CollectorScene.StartAsync(CollectorScene.Quick with { Lmaps = 1 }, agent => agent.Join("p", Gauge("g")));
        var free = 1L << 30;
        var recorder = new Recorder(path, 1, new LmapOptions(), CollectorClock.Live, scene, space: () => new(Volatile.Read(ref free), 1L << 40));
        var step = recorder.Begin(new LayoutUpdate { Generation = 1, Full = true }, isNewSession: true);
        recorder.Post(step, []);
        recorder.Start();
        var lmap = recorder.Of(0);
        for (var pass = 0; recorder.Bytes < 2000; pass++)
        {
            lmap.Begin(CollectorClock.Live.NowNs, looks: false);
            lmap.End();
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        Volatile.Write(ref free, 1 << 20);
        await CollectorScene.UntilAsync(() => !recorder.IsRecording, "the end of the recording");
        Assert.Single(scene.Log, line => line.Contains("only 1 MiB are free", StringComparison.Ordinal));
        var bytes = new FileInfo(path).Length;
        lmap.Begin(CollectorClock.Live.NowNs, looks: false);
        lmap.End();
        recorder.Dispose();
        Assert.Equal(bytes, new FileInfo(path).Length);
        Assert.Null((await Replayed.RunAsync(path)).Summary!.CutOffAt);
        Assert.False(scene.Pod("p")!.IsStale);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Room_is_what_is_left_to_others_and_is_looked_at_before_the_start()
    {
        Assert.True(new DiskSpace(255L << 20, 1L << 40).IsShort);
        Assert.False(new DiskSpace(256L << 20, 1L << 40).IsShort);
        Assert.False(new DiskSpace(30 << 20, 256 << 20).IsShort);
        Assert.True(new DiskSpace(20 << 20, 256 << 20).IsShort);
        Assert.InRange(DiskSpace.Of(typeof(RecorderTests).Assembly.Location).Free, 1, 1L << 60);
        var path = Path.Combine(Directory.CreateTempSubdirectory("mv-full").FullName, "run");
        var error = Assert.Throws<CollectorStartException>(
            () => new Recorder(path, 1, new LmapOptions(), CollectorClock.Live, NullLogger.Instance, space: () => new(1 << 20, 1L << 40)));
        Assert.Contains("only 1 MiB are free", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void A_scrape_that_is_recorded_allocates_nothing()
    {
        using var scene = new RecordedScene(lmaps: 1, ringBytes: 1 << 20, tickMs: 0);
        var pods = Enumerable.Range(0, 8).Select(i => scene.Join($"p{i}", [.. Enumerable.Range(0, 60).Select(slot => Gauge($"g{slot}"))])).ToArray();
        var lmap = scene.Lmaps[0];
        var now = scene.NowNs;
        var random = new Random(1);
        for (var pass = 0; pass < 400; pass++) // learnt by then
            Scrape();
        var (least, recorded) = (long.MaxValue, scene.Recorder.Of(0).Ring.Head);
        for (var round = 0; round < 4; round++) // the runtime's caches may grow in one of them
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var pass = 0; pass < 25; pass++)
                Scrape();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
        Assert.True(scene.Recorder.Of(0).Ring.Head > recorded + 100 * 8 * 60 * sizeof(double));
        Assert.Equal(0, scene.Recorder.Lost);

        void Scrape()
        {
            now += 10 * RecordedScene.Millisecond;
            foreach (var pod in pods)
            {
                pod.Object.Heartbeat++;
                pod.Set(3, random.NextDouble());
            }
            lmap.ScrapeOnce(now);
            if (scene.Recorder.Of(0).Ring.Head - scene.Recorder.Of(0).Ring.Tail > 1 << 19)
                scene.Recorder.Drain();
        }
    }

    [Fact]
    public void Passes_stand_before_the_layout_that_came_after_them_and_behind_the_one_that_came_before()
    {
        using var scene = new RecordedScene(lmaps: 3);
        scene.Drains = false; // everything is put in order at once, in the end
        for (var round = 0; round < 5; round++)
        {
            scene.Join($"p{round}", Gauge("g"));
            scene.Pass();
            scene.Pass();
        }
        scene.Finish();
        using var reader = RecordingReader.Open(scene.Path);
        var (layouts, passes) = (0, new int[3]);
        while (reader.Next())
        {
            if (reader.Kind == RecordedKind.Layout)
                layouts++;
            else if (reader.Kind == RecordedKind.Pass)
                passes[reader.Id]++;
            else if (reader.Kind == RecordedKind.Image)
                Assert.True(reader.Id <= layouts, $"an image of source {reader.Id} stands behind {layouts} layouts");
        }
        Assert.Equal((5, 10, 10, 10), (layouts, passes[0], passes[1], passes[2]));
    }
}
