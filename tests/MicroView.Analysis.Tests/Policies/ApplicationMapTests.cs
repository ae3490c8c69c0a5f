namespace MicroView.Analysis.Tests;

public sealed class ApplicationMapTests
{
    private static readonly ApplicationMap Shop = new([ApplicationRule.Parse("shop=cart*,checkout"), ApplicationRule.Parse("data=tier=db?,cart-7")]);

    [Theory]
    [InlineData("cart-1", null, "shop")]
    [InlineData("x", "cart", "shop")]
    [InlineData("checkout", null, "shop")]
    [InlineData("checkout-2", null, "checkout-2")] // no rule names it, and it has no service: an application of its own
    [InlineData("checkout-2", "checkout", "shop")]
    [InlineData("search-1", "search", "search")]
    [InlineData("Cart-1", null, "Cart-1")] // letters count
    [InlineData("cart-7", null, "shop data")] // in two
    public void A_pod_belongs_to_what_names_it_else_to_its_service(string pod, string? service, string expected) =>
        Assert.Equal(expected.Split(' '), Shop.Of(new(pod, service)));

    [Theory]
    [InlineData("db1", "data")]
    [InlineData("db10", "own")]
    public void A_pattern_can_be_of_a_label(string tier, string expected) =>
        Assert.Equal([expected], Shop.Of(new("p", "own", new Dictionary<string, string> { ["tier"] = tier })));

    [Fact]
    public void A_pods_own_label_names_its_application_where_no_rule_does()
    {
        var labels = new Dictionary<string, string> { ["application"] = "mall" };
        Assert.Equal(["mall"], Shop.Of(new("p", "search", labels)));
        Assert.Equal(["shop"], Shop.Of(new("cart-1", "search", labels)));
        foreach (var unusable in (string[])["", "mall\u001b[2J", "a\nb"])
            Assert.Equal(["search"], Shop.Of(new("p", "search", new Dictionary<string, string> { ["application"] = unusable })));
    }

    [Theory]
    [InlineData("")]
    [InlineData("shop")]
    [InlineData("=cart")]
    [InlineData(" =cart")]
    [InlineData("shop=")]
    [InlineData("shop=a,,b")]
    [InlineData("shop=tier=")]
    [InlineData("shop==x")]
    public void What_is_no_rule_is_refused_in_one_line(string text)
    {
        var error = Assert.Throws<FormatException>(() => ApplicationRule.Parse(text));
        Assert.DoesNotContain('\n', error.Message);
    }
}
