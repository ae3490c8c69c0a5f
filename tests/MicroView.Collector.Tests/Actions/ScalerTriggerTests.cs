using Google.Protobuf.Reflection;
using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector.Tests;

public sealed class ScalerTriggerTests
{
    private static readonly ApplicationsView s_view = new(
        [
            Pod("cart-1", "cart", "shop", alarm: true, ratio: 3),
            Pod("cart-2", "cart", "shop", alarm: false, ratio: 0.5),
            Pod("web-1", "web", "shop", alarm: false, ratio: double.NaN),
            Pod("mail-1", "mail", "mail", alarm: false, ratio: 0.2),
            Pod("new-1", "new", "new", alarm: false, ratio: double.NaN),
        ], new Dictionary<string, PodSetState>(), new TraceSamplingPolicy(new()).Rates);

    [Theory]
    [InlineData("application=shop", 1.0, true)]
    [InlineData("application=shop;metric=score_ratio", 3.0, true)]
    [InlineData("service=cart;metric=score_ratio;activationTarget=5", 3.0, false)]
    [InlineData("service=c*", 1.0, true)]
    [InlineData("pods=cart-2,mail-*;metric=score_ratio", 0.5, false)]
    [InlineData("pods=cart-*,mail-*", 1.0, true)]
    [InlineData("service=cart-1", 0.0, false)] // a pod's id is no service
    [InlineData("application=nobody", 0.0, false)] // without replicas there are no alarms: that is known
    [InlineData("application=nobody;metric=score_ratio", 0.0, false)]
    [InlineData("application=new", null, null)] // all of it is still learnt
    [InlineData("pods=new-1;metric=score_ratio", null, null)]
    public void A_trigger_has_the_value_of_the_pods_that_it_names(string metadata, double? value, bool? active)
    {
        var trigger = ScalerTrigger.Parse(Metadata(metadata));
        Assert.Equal(value, trigger.ValueOf(s_view));
        Assert.Equal(active, trigger.IsActive(s_view));
    }

    [Theory]
    [InlineData("application=shop;target=2.5;scalerAddress=x:1;metricType=Value", "microview_alarms", 2.5)]
    [InlineData("pods=a;metric=score_ratio", "microview_score_ratio", 1.0)]
    public void A_trigger_has_a_name_and_a_target(string metadata, string name, double target)
    {
        var trigger = ScalerTrigger.Parse(Metadata(metadata));
        Assert.Equal((name, target), (trigger.MetricName, trigger.Target));
    }

    [Theory]
    [InlineData("", "one of application, service or pods, and names none")]
    [InlineData("application=a;pods=b", "has 2 of them")]
    [InlineData("application=", "application is empty")]
    [InlineData("pods=a,,b", "empty pattern")]
    [InlineData("application=a;metric=cpu", "metric 'cpu' is not alarms or score_ratio")]
    [InlineData("application=a;target=0", "target '0' is not a number above 0")]
    [InlineData("application=a;target=NaN", "target 'NaN' is not a number above 0")]
    [InlineData("application=a;target=many", "target 'many' is not a number above 0")]
    [InlineData("application=a;activationTarget=-1", "activationTarget '-1' is not a number from 0")]
    public void Nonsense_is_refused_in_one_line(string metadata, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => ScalerTrigger.Parse(Metadata(metadata))).Message, StringComparison.Ordinal);

    /// <summary>Against KEDA's own definition, by hand: what both sides agree on is these numbers.</summary>
    [Theory]
    [InlineData("ScaledObjectRef", "name", 1, FieldType.String)]
    [InlineData("ScaledObjectRef", "namespace", 2, FieldType.String)]
    [InlineData("ScaledObjectRef", "scalerMetadata", 3, FieldType.Message)]
    [InlineData("IsActiveResponse", "result", 1, FieldType.Bool)]
    [InlineData("GetMetricSpecResponse", "metricSpecs", 1, FieldType.Message)]
    [InlineData("MetricSpec", "metricName", 1, FieldType.String)]
    [InlineData("MetricSpec", "targetSizeFloat", 3, FieldType.Double)]
    [InlineData("GetMetricsRequest", "scaledObjectRef", 1, FieldType.Message)]
    [InlineData("GetMetricsRequest", "metricName", 2, FieldType.String)]
    [InlineData("GetMetricsResponse", "metricValues", 1, FieldType.Message)]
    [InlineData("MetricValue", "metricName", 1, FieldType.String)]
    [InlineData("MetricValue", "metricValueFloat", 3, FieldType.Double)]
    public void The_messages_are_KEDAs(string message, string field, int number, FieldType type)
    {
        var found = ExternalscalerReflection.Descriptor.MessageTypes.Single(candidate => candidate.Name == message).FindFieldByName(field);
        Assert.Equal((number, type), (found.FieldNumber, found.FieldType));
        Assert.Equal("externalscaler.ExternalScaler", ExternalscalerReflection.Descriptor.Services[0].FullName);
        Assert.Equal([("IsActive", false), ("StreamIsActive", true), ("GetMetricSpec", false), ("GetMetrics", false)],
            ExternalscalerReflection.Descriptor.Services[0].Methods.Select(method => (method.Name, method.IsServerStreaming)));
    }

    private static Dictionary<string, string> Metadata(string text) =>
        text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);

    private static WatchedPod Pod(string pod, string service, string application, bool alarm, double ratio)
    {
        var (page, monitored) = DirectPods.Create(pod, 1, new());
        page.Dispose();
        return new(monitored, new(pod, service), [application], alarm, ratio);
    }
}
