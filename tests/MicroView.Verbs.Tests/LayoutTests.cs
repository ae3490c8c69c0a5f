namespace MicroView.Verbs.Tests;

/// <summary>The binding has no C in it; a C compiler with the real header says whether it has C's layouts, on both architectures.</summary>
public sealed class LayoutTests
{
    private const string Native = "gcc", Arm = "aarch64-linux-gnu-gcc";

    [Theory, InlineData(Native), InlineData(Arm)]
    public async Task Structs_and_constants_are_those_of_the_header(string compiler) =>
        Assert.Empty(await CCompiler.Errors(compiler, HeaderAssertion.File(HeaderAssertion.All())));

    /// <summary>Each one moved by one must be refused, or it would not have been checked.</summary>
    [Theory, InlineData(Native), InlineData(Arm)]
    public async Task A_wrong_offset_size_or_value_would_be_refused(string compiler)
    {
        var wrong = HeaderAssertion.All().Select(one => one with { Value = one.Value + 1 }).ToArray();
        var errors = await CCompiler.Errors(compiler, HeaderAssertion.File(wrong));
        Assert.Equal(wrong.Length, errors.Count(line => line.Contains("static assertion failed", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_table_of_the_context_is_among_what_is_asserted()
    {
        var asserted = HeaderAssertion.All();
        Assert.Contains(new HeaderAssertion("offsetof(struct ibv_context, ops.poll_cq)", 96), asserted);
        Assert.Contains(new HeaderAssertion("offsetof(struct ibv_context, ops.req_notify_cq)", 104), asserted);
        Assert.Contains(new HeaderAssertion("offsetof(struct ibv_context, ops.post_send)", 208), asserted);
        Assert.Contains(new HeaderAssertion("sizeof(struct ibv_send_wr)", 128), asserted);
    }

    [Fact]
    public void Every_public_value_has_its_name_in_C() => Assert.Empty(HeaderAssertion.Unnamed());
}
