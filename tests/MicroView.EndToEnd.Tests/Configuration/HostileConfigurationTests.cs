using CsCheck;
using MicroView.Cli;

namespace MicroView.EndToEnd.Tests;

public sealed class HostileConfigurationTests
{
    private static readonly string[] s_fragments =
        ["port", "up", "host", "collectors", "a", "<<", ":", ": ", " ", "\n", "\n  ", "- ", "-", "{", "}", "[", "]", ",", "&a", "*a", "!t", "!!int", "|", ">", "|9", "\"", "'", "#", "---", "...", "%YAML 1.2\n", "%TAG ! x\n",
         "? ", "\t", "true", "\\u0041", "\\x", "~", "0", "é", "😀", "\u2028", "\u0085", "\uFEFF", "\r", "@", "`"];

    [Fact]
    public void Any_text_gives_lines_and_never_more_than_a_reader_can_use() =>
        Gen.Select(Gen.Int[0, s_fragments.Length - 1].Array[0, 40], Gen.Bool).Sample((fragments, inSection) =>
        {
            var text = (inSection ? "up:\n  " : "") + string.Concat(fragments.Select(index => s_fragments[index]));
            var problems = Configurations.Problems(text);
            return problems.Count <= ProblemList.Most + 1 && problems.All(problem => problem.StartsWith(Configurations.Name, StringComparison.Ordinal) && !problem.Contains('\n'));
        }, iter: 3000);

    [Fact]
    public void Any_bytes_give_lines() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("c"), bytes);
        var problems = new ProblemList();
        ConfigurationFile.Read(folder.File("c"), Configurations.Table(), problems);
        return problems.Lines.All(problem => problem.Length < 2000);
    }, iter: 200);

    public static TheoryData<string, string> Bombs() => new()
    {
        { "deep flow", new string('[', 200_000) },
        { "deep maps", string.Concat(Enumerable.Repeat("{a: ", 50_000)) },
        { "deep value", "port: " + new string('[', 200_000) },
        { "deep blocks", string.Join('\n', Enumerable.Range(0, 600).Select(depth => new string(' ', depth) + "a:")) },
        { "many keys", string.Join('\n', Enumerable.Range(0, 20_000).Select(index => $"prt{index}: 1")) },
        { "many times the same", string.Concat(Enumerable.Repeat("port: 1\n", 30_000)) },
        { "many values", "host:\n  collectors: [" + string.Join(',', Enumerable.Repeat("x", 100_000)) + "]" },
        { "a long key", new string('k', 200_000) + ": 1" },
        { "a long value", "model: " + new string('v', 200_000) },
        { "a billion laughs", "a: &a [x, x]\n" + string.Concat(Enumerable.Range(1, 26).Select(level => $"{(char)('a' + level)}: &{(char)('a' + level)} [*{(char)('a' + level - 1)}, *{(char)('a' + level - 1)}]\n")) },
        { "an open quote", "port: \"" + new string('x', 200_000) },
    };

    [Theory, MemberData(nameof(Bombs))]
    public void A_bomb_does_not_go_off(string what, string text)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var problems = Configurations.Problems(text);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(problems.Count, 1, ProblemList.Most + 1);
        Assert.True(allocated < 128 << 20, $"{what}: {allocated >> 20} MiB");
    }

    [Theory]
    [InlineData("missing", "there is no such file")]
    [InlineData("missing/too", "there is no such file")]
    [InlineData("folder", "it is a directory")]
    [InlineData("large", "larger than 256 KiB")]
    [InlineData("binary", "control character U+007F")]
    [InlineData("latin1", "c/latin1:2: this is not UTF-8 text")]
    [InlineData("utf16", "this is not UTF-8 text")]
    public void A_file_that_is_none_of_ours_is_one_line(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("c/folder"));
        File.WriteAllBytes(folder.File("c/large"), new byte[1 << 20]);
        File.WriteAllBytes(folder.File("c/binary"), [0x7f, (byte)'E', 0, 0]);
        File.WriteAllBytes(folder.File("c/latin1"), [(byte)'\n', 0xe9, (byte)'\n']);
        File.WriteAllText(folder.File("c/utf16"), "port: 1", System.Text.Encoding.Unicode);
        var problems = new ProblemList();
        ConfigurationFile.Read(folder.File("c/" + name), Configurations.Table(), problems);
        Assert.Contains(expected, Assert.Single(problems.Lines));
    }

    [Fact]
    public void A_device_without_end_is_read_to_the_limit()
    {
        var problems = new ProblemList();
        Assert.Null(ConfigurationText.Read("/dev/zero", problems));
        Assert.Contains("larger than", Assert.Single(problems.Lines));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_key()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("c"), "port: 1", new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        var problems = new ProblemList();
        Assert.Equal(1, ConfigurationFile.Read(folder.File("c"), Configurations.Table(), problems).Count);
        Assert.Equal([], problems.Lines);
    }
}
