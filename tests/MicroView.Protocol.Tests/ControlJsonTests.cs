using System.Text.Json;
using CsCheck;

namespace MicroView.Protocol.Tests;

public sealed class ControlJsonTests
{
    private static readonly string[] Odd = ["\u00e9", "\"quoted\"", "line\nbreak", "{x}", "\u20ac", "\0"];

    private static readonly Gen<string> Text = Gen.OneOf(Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.Int[0, Odd.Length - 1].Select(index => Odd[index]));

    private static readonly Gen<SlotDescriptor> Descriptor = Gen.Select(
        Text, Gen.Enum<MetricType>(), Gen.Enum<SlotRole>(), Gen.Dictionary(Text, Text)[0, 4], Gen.Double[-1e9, 1e9].Nullable(), Text.Null())
        .Select((name, type, role, labels, bound, unit) => new SlotDescriptor
        {
            Name = name, Type = type, Role = role, Bound = bound, Unit = unit, Help = unit, Resolution = bound,
            Labels = labels.Count == 0 ? null : new(labels, StringComparer.Ordinal),
        });

    [Fact]
    public void A_descriptor_comes_back_as_it_went() => Descriptor.Sample(sent =>
    {
        var back = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(sent, ControlJson.Default.SlotDescriptor), ControlJson.Default.SlotDescriptor)!;
        Assert.True(sent.IsSameMetric(back));
        Assert.Equal(sent with { Labels = null }, back with { Labels = null });
    });

    public static TheoryData<string, ControlMessage> Messages => new()
    {
        { """{"type":"attach","pod":"p","object":{"index":0,"capacity":65536,"stripes":2,"epoch":18446744073709551615},"service":"s"}""", new AttachRequest("p", new(0, 65536, 2, ulong.MaxValue), "s") },
        { """{"type":"attached","pod":"p#2","verified":true}""", new AttachedReply("p#2", true) },
        { """{"type":"attach_object","object":{"index":1,"capacity":8192,"stripes":1,"epoch":1}}""", new AttachObjectRequest(new(1, 8192, 1, 1)) },
        { """{"type":"described","slots":3}""", new DescribedReply(3) },
        { """{"type":"detach"}""", new DetachRequest() },
        { """{"type":"read","name":"c"}""", new ReadRequest("c") },
        { """{"type":"reading","lease_ms":2000}""", new ReadingReply(2000) },
        { """{"type":"layout","since":7,"timeout_ms":30}""", new LayoutRequest(7, 30) },
        { """{"type":"ack","generation":9}""", new AckMessage(9) },
        { """{"type":"rate","pod":"p","rate":0.5,"term":3}""", new RateRequest("p", 0.5, 3) },
        { """{"type":"ok"}""", new OkReply() },
        { """{"type":"error","code":"full","message":"m"}""", new ErrorReply(ErrorCodes.Full, "m") },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_has_this_form_and_is_understood(string json, ControlMessage message)
    {
        Assert.Equal(json, JsonSerializer.Serialize(message, ControlJson.Default.ControlMessage));
        Assert.Equal(message, JsonSerializer.Deserialize(json, ControlJson.Default.ControlMessage));
    }

    /// <summary>Nulls are left out, so whatever may be null must not be required.</summary>
    [Fact]
    public void What_rdma_answers_leave_out_is_understood()
    {
        var terms = JsonSerializer.Serialize(new TermReply([new("gone", null), new("held", null, "http:other"), new("ours", 5)]), ControlJson.Default.TermReply);
        Assert.Equal("""{"terms":[{"pod":"gone"},{"pod":"held","holder":"http:other"},{"pod":"ours","term":5}]}""", terms);
        Assert.Equal([new("gone", null), new("held", null, "http:other"), new("ours", 5)], JsonSerializer.Deserialize(terms, ControlJson.Default.TermReply)!.Terms);
        var reply = JsonSerializer.Serialize(new ConnectReply("partial", 1, 2, [new("failed", null, "why"), new("connected", new(7, "::1"))]), ControlJson.Default.ConnectReply);
        Assert.Equal([new("failed", null, "why"), new("connected", new(7, "::1"))], JsonSerializer.Deserialize(reply, ControlJson.Default.ConnectReply)!.Results);
        Assert.Equal(new QueuePairEnd(7, "::1"), JsonSerializer.Deserialize("""{"qp_num":7,"gid":"::1"}""", ControlJson.Default.QueuePairEnd));
        Assert.Equal(new ObjectRegion(0, new(1, 2, 3)), JsonSerializer.Deserialize<PodLayout>("""{"pod":"p","regions":[{"index":0,"values":{"address":1,"key":2,"size":3}}]}""", ControlJson.Default.PodLayout)!.Regions![0]);
    }

    [Fact]
    public void A_layout_comes_back_as_it_went()
    {
        var pod = new PodLayout
        {
            Pod = "p", Service = "s", Container = "c", Labels = new() { ["a"] = "b" }, Kind = PodKind.Rest, Verified = true, UserId = 1000, ProcessId = 7,
            Generation = 5, Slots = 9, FirstSlot = 3, Descriptors = [new() { Name = "n", Role = SlotRole.Sum, Type = MetricType.Histogram }], Retired = [4],
            Objects = [new(0, 8192, 1, 3)],
        };
        var json = JsonSerializer.Serialize(new LayoutReply(new() { Generation = 5, Full = true, Pods = [pod], Removed = ["gone"] }), ControlJson.Default.ControlMessage);
        var back = Assert.IsType<LayoutReply>(JsonSerializer.Deserialize<ControlMessage>(json, ControlJson.Default.ControlMessage));
        Assert.Equal(json, JsonSerializer.Serialize(back, ControlJson.Default.ControlMessage));
        Assert.Contains("\"kind\":\"rest\"", json, StringComparison.Ordinal);
        Assert.Equal(("gone", 4, "n"), (back.Update.Removed[0], back.Update.Pods[0].Retired[0], back.Update.Pods[0].Descriptors[0].Name));
    }
}
