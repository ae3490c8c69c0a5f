namespace MicroView.Lab.Tests;

public sealed class LabelFreeTests
{
    private static Trial Trial()
    {
        var rows = new SeriesRows(["a", "b", "c"]);
        var random = new Random(9);
        for (var i = 0; i < 600; i++)
        {
            var row = rows.Append(i * 1_000_000_000L);
            var load = random.NextDouble();
            for (var j = 0; j < 3; j++)
                row[j] = (j + 1) * load + 0.01 * random.NextDouble();
        }
        return new Trial("s", "s", "test", rows, rows.Rows(0, 100), new RowLabel[100], 100, []);
    }

    [Fact]
    public void Nothing_but_training_rows_is_used()
    {
        var trial = Trial();
        var shifted = LabelFree.Shifted(trial, seed: 1)!;
        Assert.Equal((420, 180), (shifted.Training.Count, shifted.Test.Count));
        Assert.Equal(trial.Training[420][0] - trial.Training[420][0], shifted.Test[0][0] - trial.Training[420][0], 12);
        Assert.Equal(4 * 4, shifted.Labels.Count(label => label is RowLabel.Positive));
    }

    [Fact]
    public void What_is_put_in_is_the_same_for_all_configurations()
    {
        var (first, second) = (LabelFree.Shifted(Trial(), seed: 1)!, LabelFree.Shifted(Trial(), seed: 1)!);
        for (var i = 0; i < first.Test.Count; i++)
            Assert.Equal(first.Test[i], second.Test[i]);
    }

    [Fact]
    public void A_blind_configuration_is_worth_less()
    {
        GridPoint good = new("FD", 1, 3, 99, 0), blind = new("FD", 2, 3, 99.99, 0);
        Assert.True(LabelFree.Measure([Trial()], good.Choice(1)) > LabelFree.Measure([Trial()], blind.Choice(1)));
    }
}
