using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Hotel;

/// <summary>All of the application: stores, data, services; up until told to stop, and then nothing of it is left.</summary>
internal sealed class HotelApplication(ApplicationOptions options)
{
    private const string FolderPrefix = "microview-hotel-";
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(120), s_endPatience = TimeSpan.FromSeconds(10);

    private readonly List<GuardedProcess> _services = [], _stores = [];
    private readonly List<PlacedService> _placed = [];
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"{FolderPrefix}{Environment.ProcessId}");

    private string PlacesPath => Path.Combine(options.Out, "hotel.json");

    public static async Task<int> RunAsync(ApplicationOptions options)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            ThreadPool.QueueUserWorkItem(_ => stop.Cancel());
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        return await new HotelApplication(options).RunAsync(stop.Token);
    }

    private async Task<int> RunAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(options.Out);
        File.Delete(PlacesPath);
        RemoveDeadFolders();
        Directory.CreateDirectory(_folder);
        var groups = ServiceGroups.Create();
        try
        {
            await StartStoresAsync(groups, stop);
            var url = await StartServicesAsync(groups, stop);
            new PlacesFile(Environment.ProcessId, url, [.. _placed], [.. _stores.Select(store => new PlacedService(store.Name, store.Id, null, []))]).Write(PlacesPath);
            Console.WriteLine($"hotel: up at {url}; {(groups.Exist ? $"each service in a cgroup of its own{(options.Cores > 0 ? $" of {options.Cores.ToString(CultureInfo.InvariantCulture)} cores" : "")}" : "no cgroup can be made here: each service is bound to a core")}; {PlacesPath}");
            // Starting takes more than a service has in a quiet minute: limits come after it.
            for (var (watch, limited) = (Stopwatch.StartNew(), options.Cores == 0); !stop.IsCancellationRequested;)
            {
                if (!limited && watch.Elapsed.TotalSeconds >= options.LimitAfter)
                {
                    foreach (var name in ServiceOptions.Names)
                        groups.Limit(name, options.Cores);
                    limited = true;
                }
                await Task.Delay(200, stop).ContinueWith(_ => { }, TaskScheduler.Default);
                if (!stop.IsCancellationRequested)
                    ThrowIfOneEnded();
            }
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            await EndAsync(groups);
        }
    }

    private async Task StartStoresAsync(ServiceGroups groups, CancellationToken stop)
    {
        _stores.Add(CacheServer.Start(_folder, Log("cache")));
        _stores.Add(DatabaseServer.Start(_folder, Log("database")));
        var started = Stopwatch.GetTimestamp();
        while (!Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "database"), ".s.PGSQL.*").Any() || !File.Exists(CacheServer.Place(_folder)))
            await WaitAsync("its stores", started, stop);
        for (; ; await WaitAsync("its database", started, stop))
        {
            try
            {
                await HotelData.WriteAsync(DatabaseServer.Place(_folder), stop);
                // Without a limit: nothing is injected into them.
                foreach (var store in _stores)
                    foreach (var process in Tree(store.Id))
                        groups.Add(store.Name, process);
                return;
            }
            catch (Npgsql.NpgsqlException error) when (error is not Npgsql.PostgresException { SqlState: not "57P03" })
            {
                // It listens before it answers.
            }
        }
    }

    private async Task<string> StartServicesAsync(ServiceGroups groups, CancellationToken stop)
    {
        var ports = FreePorts(ServiceOptions.Names.Length);
        if (options.Port is { } asked)
            ports[0] = asked;
        else if (IsFree(8080))
            ports[0] = 8080;
        var urls = ServiceOptions.Names.Zip(ports).ToDictionary(pair => pair.First, pair => $"http://127.0.0.1:{pair.Second}");
        foreach (var (index, name) in ServiceOptions.Names.Index())
        {
            var service = GuardedProcess.Start(name, Log(name), [Environment.ProcessPath!, "--service", name, "--urls", urls[name], "--database", DatabaseServer.Place(_folder), "--cache", CacheServer.Place(_folder),
                "--peers", string.Join(',', urls.Select(peer => $"{peer.Key}={peer.Value}")), "--spans", Path.Combine(options.Out, $"{name}.spans.csv"), "--traces", options.Traces]);
            _services.Add(service);
            _placed.Add(new PlacedService(name, service.Id, urls[name], Place(groups, name, service.Id, index)));
        }
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var started = Stopwatch.GetTimestamp();
        foreach (var (name, url) in urls)
            while (!await AnswersAsync(client, url))
                await WaitAsync(name, started, stop);
        return urls["frontend"];
    }

    private static string[] Place(ServiceGroups groups, string name, int process, int index)
    {
        var cgroups = groups.Add(name, process);
        if (cgroups.Length == 0)
            Process.Start("taskset", ["--all-tasks", "--cpu-list", "--pid", (index % Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture), process.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        return cgroups;
    }

    private async Task WaitAsync(string what, long started, CancellationToken stop)
    {
        if (Stopwatch.GetElapsedTime(started) > s_startPatience)
            throw new HotelException($"{what} does not answer after {s_startPatience.TotalSeconds:0} s; see {options.Out}/*.log");
        ThrowIfOneEnded();
        await Task.Delay(50, stop);
    }

    private void ThrowIfOneEnded()
    {
        if (_services.Concat(_stores).FirstOrDefault(process => process.HasExited) is { } ended)
            throw new HotelException($"{ended.Name} has ended; see {Log(ended.Name)}");
    }

    private async Task EndAsync(ServiceGroups groups)
    {
        // Its folder may have gone while it ran.
        if (File.Exists(PlacesPath))
            File.Delete(PlacesPath);
        foreach (var part in (List<GuardedProcess>[])[_services, _stores])
        {
            part.ForEach(process => process.Stop());
            await Task.WhenAll(part.Select(process => process.EndAsync(s_endPatience)));
            part.ForEach(process => process.Dispose());
        }
        groups.Remove();
        Directory.Delete(_folder, recursive: true);
    }

    private string Log(string name) => Path.Combine(options.Out, $"{name}.log");

    private static async Task<bool> AnswersAsync(HttpClient client, string url)
    {
        try
        {
            return (await client.GetAsync($"{url}/health")).IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>Data of an application that was killed.</summary>
    private static void RemoveDeadFolders()
    {
        foreach (var path in Directory.EnumerateDirectories(Path.GetTempPath(), $"{FolderPrefix}*"))
            if (int.TryParse(Path.GetFileName(path)[FolderPrefix.Length..], CultureInfo.InvariantCulture, out var owner) && !Directory.Exists($"/proc/{owner}"))
                Directory.Delete(path, recursive: true);
    }

    /// <summary>A process and all that it has started.</summary>
    private static IEnumerable<int> Tree(int process)
    {
        var children = $"/proc/{process}/task/{process}/children";
        return (File.Exists(children) ? File.ReadAllText(children).Split(' ', StringSplitOptions.RemoveEmptyEntries) : []).SelectMany(child => Tree(int.Parse(child, CultureInfo.InvariantCulture))).Prepend(process);
    }

    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (var listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
