using System.Security.Cryptography;

namespace MicroView.Collector;

/// <summary>A file of the page.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="ContentType">What it is.</param>
/// <param name="Tag">Its ETag, with quotes.</param>
internal sealed record PageAsset(byte[] Content, string ContentType, string Tag);

/// <summary>The page's files, as they were built in. Immutable.</summary>
internal sealed class PageAssets
{
    /// <summary>Where they are, but for the page itself.</summary>
    public const string Folder = "/page/";

    private const string Prefix = "page/";
    private readonly Dictionary<string, PageAsset> _assets = new(StringComparer.Ordinal);

    private PageAssets()
    {
        var assembly = typeof(PageAssets).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            _assets.Add('/' + name, new PageAsset(content, TypeOf(name), $"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8))}\""));
        }
        Version = Convert.ToHexStringLower(SHA256.HashData(_assets.Values.SelectMany(asset => asset.Content).ToArray()).AsSpan(0, 8));
        Page = _assets[Folder + "index.html"];
    }

    public static PageAssets Embedded { get; } = new();

    /// <summary>Changes with any of the files.</summary>
    public string Version { get; }

    /// <summary>What / answers.</summary>
    public PageAsset Page { get; }

    /// <summary>The paths of all files.</summary>
    public IEnumerable<string> Paths => _assets.Keys;

    public PageAsset? Find(string path) => _assets.GetValueOrDefault(path);

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };
}
