using System.Text.Json;

namespace Hotel;

/// <summary>hotel.json: who runs where. It is there while all of the application answers.</summary>
internal sealed record PlacesFile(int Pid, string Url, PlacedService[] Services, PlacedService[] Stores)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public void Write(string file)
    {
        var part = $"{file}.part";
        File.WriteAllText(part, JsonSerializer.Serialize(this, s_json));
        File.Move(part, file, overwrite: true);
    }
}

/// <summary>A process of the application.</summary>
/// <param name="Name">Service or store.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Url">Where it answers; null for a store.</param>
/// <param name="Cgroups">Folders of the groups it is in; empty if it is bound to a core instead.</param>
internal sealed record PlacedService(string Name, int Pid, string? Url, string[] Cgroups);
