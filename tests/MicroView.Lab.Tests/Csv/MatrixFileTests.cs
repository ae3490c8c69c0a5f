namespace MicroView.Lab.Tests;

public sealed class MatrixFileTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private Matrix Read(string[] lines, string? timeColumn = null, params string[] drop) =>
        MatrixFile.Read(_scratch.Write("m.csv", lines), timeColumn, drop, 1_000_000_000);

    private string Complaint(params string[] lines) => Assert.Throws<DataException>(() => Read(lines)).Message;

    [Fact]
    public void Numbers_without_a_header_are_all_values()
    {
        var matrix = Read(["1,2", "3,4.5"]);
        Assert.Equal(["column 1", "column 2"], matrix.Rows.Metrics);
        Assert.Equal([3, 4.5], matrix.Rows[1]);
        Assert.Equal([0, 1_000_000_000], matrix.Rows.Times);
    }

    [Fact]
    public void A_header_and_a_time_column_are_recognised()
    {
        var matrix = Read(["timestamp;cpu;mem", "2022-08-22T03:51:19Z;1;2", "2022-08-22T03:52:19Z;3;4"]);
        Assert.Equal(["cpu", "mem"], matrix.Rows.Metrics);
        Assert.Equal(60_000_000_000, matrix.Rows.Times[1] - matrix.Rows.Times[0]);
    }

    [Theory]
    [InlineData("0,1,2")]
    [InlineData("1,2,3")]
    public void Columns_counted_by_pandas_are_a_header(string header) => Assert.Equal(1, Read([header, "7,8,9"]).Rows.Count);

    [Fact]
    public void The_unnamed_row_numbers_of_pandas_are_no_metric() =>
        Assert.Equal(["a", "b"], Read([",a,b", "0,1,2", "1,3,4"]).Rows.Metrics);

    [Fact]
    public void Missing_values_have_many_spellings()
    {
        var rows = Read(["a,b,c,d,e,f", "1,,NaN,null,NA,nan", "1, 2 ,3,4,5,-1e300"]).Rows;
        Assert.All(rows[0][1..].ToArray(), value => Assert.True(double.IsNaN(value)));
        Assert.Equal([1, 2, 3, 4, 5, -1e300], rows[1]);
    }

    [Theory]
    [InlineData("1 2.5 3", "4 5 6")]
    [InlineData("   1   2.5\t3  ", "  4  5  6")]
    [InlineData("1\t2.5\t3", "4\t5\t6")]
    [InlineData("1;2.5;3", "4;5;6")]
    public void Columns_may_be_set_apart_by_other_things_than_commas(params string[] lines)
    {
        var rows = Read(lines).Rows;
        Assert.Equal([1, 2.5, 3], rows[0]);
        Assert.Equal([4, 5, 6], rows[1]);
    }

    [Fact]
    public void One_column_with_leading_spaces_is_one_column() => Assert.Equal(1, Read(["  1.5e3", "  2"]).Rows.Width);

    [Fact]
    public void Columns_can_be_left_out_by_name_and_number() => Assert.Equal(["b"], Read(["a,b,label", "1,2,0"], null, "label", "1").Rows.Metrics);

    [Fact]
    public void Text_in_a_number_is_named_with_its_line() => Assert.EndsWith("m.csv:3: b is 'broken', not a number; leave the cell empty where there is no value", Complaint("a,b", "1,2", "3,broken"));

    [Fact]
    public void A_ragged_row_is_named_with_its_line() => Assert.EndsWith("m.csv:2: 3 columns where the first row has 2", Complaint("1,2", "1,2,3"));

    [Fact]
    public void Times_that_do_not_advance_are_named_with_their_line()
    {
        Assert.Contains("m.csv:3: time 1973-03-03T09:46:40Z stands twice", Complaint("time,a", "100000000,1", "100000000,1"));
        Assert.Contains("m.csv:3: time 1973-03-03T09:46:39Z is earlier", Complaint("time,a", "100000000,1", "99999999,1"));
    }

    [Theory]
    [InlineData("the file is empty", "")]
    [InlineData("there is no row of numbers", "a,b")]
    public void A_file_without_rows_is_refused(string expected, params string[] lines) => Assert.Contains(expected, Complaint(lines));

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.EndsWith("gone.csv: no such file", Assert.Throws<DataException>(() => MatrixFile.Read(_scratch.Path("gone.csv"), null, [], 1)).Message);

    [Fact]
    public void Columns_of_two_files_meet_by_name()
    {
        var train = Read(["a,b", "1,2"]);
        var test = Read(["b,a", "20,10"]).LikeColumnsOf(train);
        Assert.Equal([10, 20], test.Rows[0]);
        Assert.Contains("no column 'b'", Assert.Throws<DataException>(() => Read(["a", "1"]).LikeColumnsOf(train)).Message);
        Assert.Contains("3 columns of numbers, but 2", Assert.Throws<DataException>(() => Read(["7,8,9"]).LikeColumnsOf(train)).Message);
    }
}
