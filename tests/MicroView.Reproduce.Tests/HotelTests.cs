using System.Diagnostics;
using System.Text.Json;
using MicroView.EndToEnd.Tests;

namespace MicroView.Reproduce.Tests;

/// <summary>The hotel application and the experiment with it: real stores, real load, real stress.</summary>
[Trait("group", "slow")]
public sealed class HotelTests : IDisposable
{
    private static readonly string[] s_services = ["frontend", "search", "geo", "rate", "profile", "recommendation", "user", "reservation"];

    private readonly TemporaryFolder _folder = new();
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        // A test that failed must not leave an application behind.
        foreach (var hotel in _started)
        {
            if (!hotel.HasExited)
                Kill("TERM", hotel.Id);
            hotel.WaitForExit(LabProcess.Deadline);
            hotel.Dispose();
        }
        _folder.Dispose();
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task The_application_answers_and_leaves_nothing_however_it_ends(string signal)
    {
        SkipWithoutStores();
        var hotel = Start(_folder.Path);
        var places = await PlacesAsync(hotel);
        var url = places.RootElement.GetProperty("url").GetString();
        using var client = new HttpClient { Timeout = LabProcess.Deadline };
        const string nights = "inDate=2015-04-10&outDate=2015-04-12", login = "username=Cornell_3&password=3333333333";
        Assert.Contains("St. Regis", await AskAsync(client, $"{url}/hotels?{nights}&lat=38.0&lon=-122.1"), StringComparison.Ordinal);
        Assert.Contains("St. Regis", await AskAsync(client, $"{url}/RecommendHandler?require=price&lat=38.0&lon=-122.1"), StringComparison.Ordinal);
        Assert.Equal("Login successfully!", await AskAsync(client, $"{url}/user?{login}"));
        Assert.StartsWith("Failed", await AskAsync(client, $"{url}/user?username=Cornell_3&password=4"), StringComparison.Ordinal);
        // Hotel 5 has 300 rooms. Whether or not a first answer came too late, 200 are taken after it, and another 200 are not there.
        var reservation = $"{url}/reservation?{nights}&hotelId=5&customerName=Cornell_3&{login}&roomNumber=200";
        await AskAsync(client, reservation);
        Assert.Equal("Failed. Already reserved.", await AskAsync(client, reservation));

        int[] processes = [.. ((string[])["services", "stores"]).SelectMany(kind => places.RootElement.GetProperty(kind).EnumerateArray()).Select(place => place.GetProperty("pid").GetInt32())];
        string[] groups = [.. places.RootElement.GetProperty("services").EnumerateArray().SelectMany(place => place.GetProperty("cgroups").EnumerateArray()).Select(group => group.GetString()!)];
        Assert.Equal(10, processes.Length);
        Kill(signal, hotel.Id);
        Assert.True(hotel.WaitForExit(LabProcess.Deadline));
        await Soon.UntilAsync(() => !processes.Any(IsAlive), () => string.Join(' ', processes.Where(IsAlive)));
        if (signal == "KILL")
        {
            // It could not remove what it had made; the next one does.
            File.Delete(_folder.File("hotel.json"));
            var next = Start(_folder.Path);
            await PlacesAsync(next);
            Kill("TERM", next.Id);
            Assert.True(next.WaitForExit(LabProcess.Deadline));
        }
        Assert.DoesNotContain(groups, Directory.Exists);
        Assert.False(Directory.Exists(Path.Combine(Path.GetTempPath(), $"microview-hotel-{hotel.Id}")));
        Assert.False(File.Exists(_folder.File("hotel.json")));
    }

    [Fact]
    public void An_experiment_leaves_the_artifacts_folder_and_nothing_else()
    {
        SkipWithoutStores();
        Assert.SkipUnless(File.Exists("/usr/bin/stress-ng"), "stress-ng is not installed");
        var experiment = _folder.File("experiment");
        using (var lab = new LabProcess(["pipeline", "collect", experiment, "--profile", "dsbhotel-smoke", "--seed", "2"]))
            Assert.True(lab.WaitForExit() == 0, lab.Output);
        Assert.All(["traces/latency.csv", "traces.csv", "faults.csv", "anomalies.log", "loadgen.log", "injector.yaml", "dsb_hotel.json", "experiment.json", .. s_services.Select(name => $"metrics/{name}/data.csv")],
            name => Assert.True(new FileInfo(Path.Combine(experiment, name)).Length > 0, name));
        Assert.Empty(Directory.EnumerateFiles(experiment, ".*"));
        using var split = new LabProcess(["pipeline", "split", experiment]);
        Assert.True(split.WaitForExit() == 0, split.Output);
        using var check = new LabProcess(["dataset", "describe", "--data", experiment]);
        Assert.True(check.WaitForExit() == 0, check.Output);
        Assert.Contains("frontend", check.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task An_experiment_that_is_stopped_leaves_nothing_but_its_own_folder(string signal)
    {
        SkipWithoutStores();
        Assert.SkipUnless(File.Exists("/usr/bin/stress-ng"), "stress-ng is not installed");
        var (experiment, temporary) = (_folder.File("experiment"), _folder.File("t"));
        // PostgreSQL runs as another user, and has to get to its folder in there.
        foreach (var folder in (string[])[_folder.Path, Directory.CreateDirectory(temporary).FullName])
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        using var lab = new LabProcess(["pipeline", "collect", experiment, "--profile", "dsbhotel-smoke", "--seed", "2"], ("TMPDIR", temporary));
        await lab.WaitForAsync("collect: recording for");
        var anomalies = Path.Combine(experiment, "anomalies.log");
        await Soon.UntilAsync(() => File.Exists(anomalies) && File.ReadAllText(anomalies).Contains("waiting for", StringComparison.Ordinal), () => lab.Output);
        var mark = Remains.MarkOf(experiment);
        using var places = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(experiment, "traces", "spans", "hotel.json"), TestContext.Current.CancellationToken));
        var groups = $"microview-hotel-{places.RootElement.GetProperty("pid").GetInt32()}";
        lab.Signal(signal);
        Assert.NotEqual(0, lab.WaitForExit());
        // A store has no mark when it has written its title over its environment. A runtime that is killed leaves its own sockets (clr-debug-pipe-…, dotnet-diagnostic-…).
        string[] Left() => [.. Remains.Processes(mark), .. Remains.Commands(temporary), .. Directory.EnumerateFileSystemEntries(temporary, "m*"), .. Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Select(path => Path.Combine(path, groups)).Where(Directory.Exists)];
        await Soon.UntilAsync(() => Left().Length == 0, () => string.Join('\n', Left()));
    }

    /// <summary>An answer. A service that is asked for the first time compiles first, and its caller's patience may end before.</summary>
    private static async Task<string> AskAsync(HttpClient client, string url)
    {
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(100, TestContext.Current.CancellationToken))
        {
            using var answer = await client.GetAsync(url, TestContext.Current.CancellationToken);
            if (answer.IsSuccessStatusCode || watch.Elapsed > LabProcess.Deadline)
                return $"{(answer.IsSuccessStatusCode ? "" : $"{answer.StatusCode}: ")}{await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
        }
    }

    private static void SkipWithoutStores()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/redis-server"), "redis-server is not installed");
        Assert.SkipUnless(Directory.Exists("/usr/lib/postgresql"), "postgresql is not installed");
    }

    private Process Start(string folder)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Hotel"), ["up", "--out", folder]) { RedirectStandardOutput = true };
        start.Environment["MICROVIEW_SOCKET"] = Path.Combine(folder, "no-agent.sock");
        var hotel = Process.Start(start)!;
        _started.Add(hotel);
        return hotel;
    }

    private async Task<JsonDocument> PlacesAsync(Process hotel)
    {
        await Soon.UntilAsync(() => File.Exists(_folder.File("hotel.json")) || hotel.HasExited, () => "the application does not come up");
        Assert.False(hotel.HasExited, string.Join('\n', Directory.EnumerateFiles(_folder.Path, "*.log").Select(File.ReadAllText)));
        return JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("hotel.json"), TestContext.Current.CancellationToken));
    }

    private static void Kill(string signal, int process)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process}"]);
        kill.WaitForExit();
    }

    /// <summary>A zombie that nobody has waited for runs no more.</summary>
    private static bool IsAlive(int process)
    {
        try
        {
            return !File.ReadAllText($"/proc/{process}/status").Contains("(zombie)", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
