using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MicroView.Cli;

/// <summary>Draws frames on the alternate screen; only lines that changed are sent. For one thread.</summary>
internal sealed class Screen : IDisposable
{
    private readonly FrameOutput _output = new();
    private readonly IAnsiConsole _console;
    private readonly StringBuilder _update = new();
    private string[] _shown = [];
    private (int Width, int Height) _size;

    public Screen()
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.Standard, // what every terminal shows
            Interactive = InteractionSupport.No,
            Out = _output,
        });
        TerminalState.EnterScreen();
    }

    /// <summary>True when stdout is a terminal that can show it.</summary>
    public static bool IsSupported =>
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } term && term is not ("dumb" or "unknown") && Size() is { Width: >= 60, Height: >= 14 };

    /// <summary>Draws what <paramref name="build"/> lays out for the present size.</summary>
    public void Draw(Func<int, int, IRenderable> build)
    {
        var size = Size();
        _output.Resize(size.Width, size.Height);
        _console.Write(build(size.Width, size.Height));
        var lines = _output.Take().Split('\n');
        _update.Clear();
        if (size != _size)
        {
            _update.Append("\e[2J");
            _shown = [];
            _size = size;
        }
        for (var row = 0; row < Math.Min(size.Height, Math.Max(lines.Length, _shown.Length)); row++)
        {
            var line = row < lines.Length ? lines[row] : "";
            if (row >= _shown.Length || _shown[row] != line)
                _update.Append("\e[").Append(row + 1).Append(";1H").Append(line).Append("\e[0m\e[K");
        }
        _shown = lines;
        if (_update.Length == 0)
            return;
        Console.Out.Write(_update);
        Console.Out.Flush();
    }

    public void Dispose() => TerminalState.Restore();

    private static (int Width, int Height) Size()
    {
        try
        {
            return (Math.Clamp(Console.WindowWidth, 1, 500), Math.Clamp(Console.WindowHeight, 1, 300));
        }
        catch (IOException)
        {
            return (80, 24);
        }
    }

    private sealed class FrameOutput : IAnsiConsoleOutput
    {
        private readonly StringBuilder _text = new();

        public FrameOutput() => Writer = new StringWriter(_text) { NewLine = "\n" };

        public TextWriter Writer { get; }

        public bool IsTerminal => true;

        public int Width { get; private set; } = 80;

        public int Height { get; private set; } = 24;

        public void Resize(int width, int height) => (Width, Height) = (width, height);

        public void SetEncoding(Encoding encoding)
        {
        }

        public string Take()
        {
            var text = _text.ToString();
            _text.Clear();
            return text;
        }
    }
}
