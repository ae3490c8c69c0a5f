using System.Globalization;
using System.Net;
using System.Text;

namespace MicroView.Lab;

/// <summary>
/// A page in two forms: <c>report.md</c>, and <c>report.html</c> that loads nothing, so that it can be mailed. Figures go beside them as PNG and SVG. Texts are plain;
/// `code` in backquotes is shown as such. Not thread-safe.
/// </summary>
internal sealed class FigureReport(string title, string folder)
{
    private const string Style = """
        :root{color-scheme:light;--text:#1a1a1a;--soft:#666;--line:#ddd}
        body{font:15px/1.45 system-ui,sans-serif;color:var(--text);background:#fff;max-width:72rem;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}.soft,figcaption{color:var(--soft)}figure{margin:1rem 0}img{max-width:100%}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{text-align:left;padding:.25rem 1.2rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
        th{font-weight:600}td.n,th.n{text-align:right;white-space:nowrap}.wide{overflow-x:auto}code{font-size:.9em;overflow-wrap:anywhere}
        """;

    private readonly StringBuilder _markdown = new($"# {title}\n");
    private readonly StringBuilder _html = new($"<h1>{WebUtility.HtmlEncode(title)}</h1>\n");

    /// <summary>Where the page and its figures go.</summary>
    public string Folder { get; } = folder;

    public void Heading(string text)
    {
        _markdown.Append(CultureInfo.InvariantCulture, $"\n## {text}\n");
        _html.Append(CultureInfo.InvariantCulture, $"<h2>{Html(text)}</h2>\n");
    }

    public void Text(string text)
    {
        _markdown.Append(CultureInfo.InvariantCulture, $"\n{text}\n");
        _html.Append(CultureInfo.InvariantCulture, $"<p>{Html(text)}</p>\n");
    }

    public void Items(IEnumerable<string> items)
    {
        _markdown.Append('\n');
        _html.Append("<ul>\n");
        foreach (var item in items)
        {
            _markdown.Append(CultureInfo.InvariantCulture, $"- {item}\n");
            _html.Append(CultureInfo.InvariantCulture, $"<li>{Html(item)}</li>\n");
        }
        _html.Append("</ul>\n");
    }

    /// <summary>A table; the first <paramref name="left"/> columns are texts, the others numbers.</summary>
    public void Table(int left, IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        _markdown.Append(CultureInfo.InvariantCulture, $"\n| {string.Join(" | ", header.Select(Cell))} |\n|{string.Concat(header.Select((_, i) => i < left ? "---|" : "---:|"))}\n");
        _html.Append("<div class=\"wide\"><table><thead><tr>").AppendJoin("", header.Select((name, i) => $"<th{Class(i, left)}>{Html(name)}</th>")).Append("</tr></thead><tbody>\n");
        foreach (var row in rows)
        {
            _markdown.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select(Cell))} |\n");
            _html.Append("<tr>").AppendJoin("", row.Select((cell, i) => $"<td{Class(i, left)}>{Html(cell)}</td>")).Append("</tr>\n");
        }
        _html.Append("</tbody></table></div>\n");
    }

    /// <summary>Writes a figure as <paramref name="name"/>.png and .svg, and shows it.</summary>
    public void Figure(Figure figure, string name, string caption)
    {
        ArgumentNullException.ThrowIfNull(figure);
        var path = Path.Combine(Folder, name);
        figure.Save(path);
        _markdown.Append(CultureInfo.InvariantCulture, $"\n![{Cell(caption)}]({name}.png)\n\n{caption}\n");
        _html.Append(CultureInfo.InvariantCulture, $"<figure><img alt=\"{WebUtility.HtmlEncode(caption)}\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String(File.ReadAllBytes(path + ".svg"))}\"/><figcaption>{Html(caption)}</figcaption></figure>\n");
    }

    /// <summary>A link to a file beside the page.</summary>
    public void Link(string text, string target, string remark)
    {
        _markdown.Append(CultureInfo.InvariantCulture, $"\n[{text}]({target}): {remark}\n");
        _html.Append(CultureInfo.InvariantCulture, $"<p><a href=\"{WebUtility.HtmlEncode(target)}\">{Html(text)}</a>: {Html(remark)}</p>\n");
    }

    /// <summary>Writes <c>NAME.md</c> and <c>NAME.html</c>.</summary>
    public void Write(string name = "report")
    {
        ResultFile.Write(Path.Combine(Folder, name + ".md"), text => text.Write(_markdown));
        ResultFile.Write(Path.Combine(Folder, name + ".html"), text => text.Write(
            $"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/><title>{WebUtility.HtmlEncode(title)}</title>\n<style>\n{Style}\n</style></head><body>\n{_html}</body></html>\n"));
    }

    private static string Class(int column, int left) => column < left ? "" : " class=\"n\"";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>Plain text as HTML; what stands between backquotes is code.</summary>
    private static string Html(string text)
    {
        var parts = text.Split('`');
        return string.Concat(parts.Select((part, i) => i % 2 == 1 && i < parts.Length - 1 ? $"<code>{WebUtility.HtmlEncode(part)}</code>" : WebUtility.HtmlEncode(part)));
    }
}
