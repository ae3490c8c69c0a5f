using ScottPlot;
using SkiaSharp;

namespace MicroView.Lab;

/// <summary>
/// The one font of all figures, carried in this program: a server often has none, and text would silently be missing.
/// </summary>
internal sealed class FigureFont : IFontResolver
{
    public const string Family = "DejaVu Sans";

    private static readonly Lazy<SKData> File = new(Load);
    private static readonly Lock Gate = new();
    private static bool _registered;

    /// <summary>Makes the font known to the plotting library. Thread-safe.</summary>
    public static void Register()
    {
        lock (Gate)
        {
            if (_registered)
                return;
            Fonts.FontResolvers.Insert(0, new FigureFont());
            Fonts.Default = Family;
            _registered = true;
        }
    }

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => SKTypeface.FromData(File.Value);

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => SKTypeface.FromData(File.Value);

    private static SKData Load()
    {
        using var stream = typeof(FigureFont).Assembly.GetManifestResourceStream("DejaVuSans-subset.ttf")
            ?? throw new InvalidOperationException("The figures' font is not in this program.");
        return SKData.Create(stream);
    }
}
