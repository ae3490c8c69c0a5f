using System.Globalization;
using System.Text.Json;

namespace MicroView.EndToEnd.Tests;

/// <summary>Debian's real Alertmanager.</summary>
internal sealed class AlertmanagerProcess : IDisposable
{
    private static readonly HttpClient s_http = new();
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = Microview.FreePort();

    public AlertmanagerProcess()
    {
        Promtool.Require("prometheus-alertmanager", "prometheus-alertmanager");
        File.WriteAllText(_folder.File("config.yml"), "route: {receiver: nobody, group_wait: 1s}\nreceivers: [{name: nobody}]\n");
        Process = Start();
    }

    public Microview Process { get; private set; }

    public Uri Address => new($"http://127.0.0.1:{_port}/");

    /// <summary>kill -9, and a new one at the same place, which knows nothing of the alerts.</summary>
    public void Restart()
    {
        Process.Dispose();
        Process = Start();
    }

    public void KillHard() => Process.KillHard();

    /// <summary>The alerts of a pod that fire there now; none while it does not answer.</summary>
    public async Task<JsonElement[]> FiringAsync(string pod)
    {
        try
        {
            var text = await s_http.GetStringAsync(new Uri(Address, $"api/v2/alerts?filter={Uri.EscapeDataString($"pod=\"{pod}\"")}"), TestContext.Current.CancellationToken);
            using var document = JsonDocument.Parse(text);
            return [.. document.RootElement.EnumerateArray().Select(alert => alert.Clone())];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    public static DateTimeOffset Time(JsonElement alert, string name) => DateTimeOffset.Parse(alert.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    public void Dispose()
    {
        Process.Dispose();
        _folder.Dispose();
    }

    private Microview Start() => Microview.StartProgram("prometheus-alertmanager",
        $"--config.file={_folder.File("config.yml")} --storage.path={_folder.File("data")} --web.listen-address=127.0.0.1:{_port} --cluster.listen-address= --log.level=debug");
}
