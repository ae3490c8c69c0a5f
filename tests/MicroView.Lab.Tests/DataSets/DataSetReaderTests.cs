namespace MicroView.Lab.Tests;

public sealed class DataSetReaderTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private string Complaint() => Assert.Throws<DataException>(() => DataSetReader.Read(_scratch.Path("d"))).Message;

    private void Artifact(string[] train, string[] test)
    {
        _scratch.Write("d/metrics/cart/data_train.csv", train);
        _scratch.Write("d/metrics/cart/data_test.csv", test);
    }

    [Fact]
    public void The_artifacts_layout_is_read_with_the_names_of_its_columns()
    {
        Artifact(["timestamp,value_0,value_1", "1661140279,1,2", "1661140280,3,"], ["timestamp,value_0,value_1", "1661140281,5,6"]);
        _scratch.Write("d/metrics/cart/column_desc.json", """{"value_0": "cpu", "1": {"__name__": "net", "device": "eth0"}}""");
        _scratch.Write("d/faults.csv", "start,end,service", "1661140281,1661140282,cart");
        var data = DataSetReader.Read(_scratch.Path("d"));
        Assert.Equal(DataSetLayout.Artifact, data.Layout);
        var pod = Assert.Single(data.Pods);
        Assert.Equal(["cpu", "net{device=\"eth0\"}"], pod.Rows.Metrics);
        Assert.Equal((2, 1), (pod.Training!.Count, pod.Rows.Count));
        Assert.True(double.IsNaN(pod.Training[1][1]));
        Assert.Equal(("cart", 1_661_140_281_000_000_000), (data.Faults[0].Service, data.Faults[0].StartNs));
    }

    [Fact]
    public void The_other_layout_is_read_pod_by_pod()
    {
        _scratch.Write("d/metrics/cart.csv", "timestamp,service,pod,cpu", "1661140279,cart,cart-1,1", "1661140279,cart,cart-2,2", "1661140339,cart,cart-1,3");
        _scratch.Write("d/edges.csv", "timestamp,caller,callee,side,p50_s", "1661140279,front,cart,source,0.5", "1661140279,front,cart,destination,0.2", "1661140339,front,cart,source,0.6");
        var data = DataSetReader.Read(_scratch.Path("d"));
        Assert.Equal(DataSetLayout.Development, data.Layout);
        Assert.Equal([("cart-1", 2), ("cart-2", 1)], data.Pods.Select(pod => (pod.Pod, pod.Rows.Count)));
        var cart = data.WithEdges().Pods[0].Rows;
        Assert.Equal("edge front>cart (s)", cart.Metrics[1]);
        Assert.Equal(0.3, cart[0][1], 12);
        Assert.True(double.IsNaN(cart[1][1]));
    }

    [Fact]
    public void Every_defect_is_one_line_with_file_and_row()
    {
        string[] good = ["timestamp,value_0", "1661140279,1", "1661140280,2"];
        Artifact(["time,value_0", "1661140279,1"], good);
        Assert.EndsWith("data_train.csv:1: there is no column 'timestamp'; there are time, value_0", Complaint());
        Artifact(good, ["timestamp,value_0", "1661140280,1", "1661140279,2"]);
        Assert.Contains("data_test.csv:3: time 2022-08-22T03:51:19Z is earlier than the row before", Complaint());
        Artifact(good, ["timestamp,value_0", "1661140279,1", "1661140279,2"]);
        Assert.EndsWith("data_test.csv:3: time 2022-08-22T03:51:19Z stands twice", Complaint());
        Artifact(good, ["timestamp,value_0", "1661140279,one"]);
        Assert.Contains("data_test.csv:2: value_0 is 'one', not a number", Complaint());
        Artifact(good, ["timestamp,value_0", "noon,1"]);
        Assert.Contains("data_test.csv:2: timestamp is 'noon', not a time", Complaint());
        Artifact(good, ["timestamp,value_0"]);
        Assert.EndsWith("data_test.csv: there is no row after the header: the range is empty", Complaint());
        Artifact(good, ["timestamp,value_1", "1661140279,1"]);
        Assert.Contains("data_test.csv:1: has a column 'value_1' that data_train.csv does not have", Complaint());
        File.Delete(_scratch.Path("d/metrics/cart/data_test.csv"));
        Assert.EndsWith("data_test.csv: no such file", Complaint());
    }

    [Fact]
    public void Faults_must_make_sense()
    {
        Artifact(["timestamp,value_0", "1661140279,1"], ["timestamp,value_0", "1661140279,1"]);
        _scratch.Write("d/faults.csv", "start,end,service", "1661140281,1661140280,cart");
        Assert.Contains("faults.csv:2: the fault ends at", Complaint());
        _scratch.Write("d/faults.csv", "start,stop,service", "1661140281,1661140280,cart");
        Assert.Contains("faults.csv:1: there is no column 'end'", Complaint());
    }

    [Fact]
    public void A_hole_is_told_and_no_error()
    {
        Artifact(["timestamp,value_0", .. Enumerable.Range(0, 20).Select(i => $"{1_661_140_000 + i + (i >= 10 ? 600 : 0)},1")], ["timestamp,value_0", "1661150000,1"]);
        var told = new List<string>();
        DataSetReader.Read(_scratch.Path("d"), told.Add);
        Assert.Contains("data_train.csv: no rows from 2022-08-22T03:46:49Z to 2022-08-22T03:56:50Z (row 11; usual step 1 s)", Assert.Single(told));
    }

    [Fact]
    public void What_is_no_data_set_is_called_so()
    {
        Assert.Contains("no such folder", Complaint());
        Directory.CreateDirectory(_scratch.Path("d"));
        Assert.Contains("has no folder 'metrics'", Complaint());
        Directory.CreateDirectory(_scratch.Path("d/metrics"));
        Assert.Contains("holds neither", Complaint());
    }

    [Fact]
    public async Task A_day_of_the_development_set_becomes_an_experiment()
    {
        var source = DevelopmentSet.Folder;
        var target = _scratch.Path("converted");
        Assert.Equal(0, await Scratch.Lab("dataset", "convert", "--data", source, "--day", "2022-08-23", "--out", target));
        Assert.Equal(0, await Scratch.Lab("dataset", "check", "--data", target));
        var (before, after) = (DayProtocol.Trials(DevelopmentSet.Read(), ProtocolKind.Xd).Where(trial => trial.Part == "2022-08-23").ToArray(), DataSetReader.Read(target));
        Assert.Equal(10, after.Pods.Count);
        foreach (var pod in after.Pods)
        {
            var trial = before.Single(trial => trial.Service == pod.Service);
            Assert.Equal(trial.Test.Times, pod.Rows.Times);
            for (var i = 0; i < trial.Test.Count; i += 97)
                Assert.Equal(trial.Test[i], pod.Rows[i]);
            Assert.Equal(trial.Training.Count, pod.Training!.Count);
        }
    }
}
