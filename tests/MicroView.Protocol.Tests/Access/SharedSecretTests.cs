using CsCheck;
using System.Text;

namespace MicroView.Protocol.Tests;

public sealed class SharedSecretTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void It_is_shown_as_a_bearer_token_or_as_a_password_and_in_no_other_way()
    {
        File.WriteAllText(_path, "  correct:horse \n");
        var secret = new SharedSecret(_path);
        foreach (var right in (string[])["Bearer correct:horse", "BEARER  correct:horse ", Basic("me:correct:horse"), Basic(":correct:horse")])
            Assert.True(secret.IsShownIn(right), right);
        foreach (var wrong in (string?[])[null, "", "Bearer", "Bearer ", "correct:horse", "Token correct:horse", "Bearer correct:hors", "Bearer correct:horse2", Basic("correct:horse"), "Basic !!!", "Basic "])
            Assert.False(secret.IsShownIn(wrong), wrong);
        Gen.String.Sample(text => Assert.Equal(text.Trim() == "correct:horse", secret.IsShownIn("Bearer " + text)));
        Assert.False(secret.IsShownIn("Basic " + new string('A', 1 << 20)));
    }

    [Fact]
    public void A_token_that_is_too_short_and_a_file_that_is_missing_are_told_in_one_line_without_the_token()
    {
        File.WriteAllText(_path, "sh0rt");
        var error = Assert.ThrowsAny<IOException>(() => new SharedSecret(_path));
        Assert.Contains(_path, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sh0rt", error.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => new SharedSecret(_path + ".missing"));
    }

    [Fact]
    public void Files_are_followed_and_what_cannot_be_used_leaves_what_there_was()
    {
        File.WriteAllText(_path, "one");
        var (clock, complaints) = (new ManualClock(), new List<string>());
        var followed = new FollowedFiles<string>([_path], () => File.ReadAllText(_path) is { Length: < 5 } text ? text : throw new IOException("too long"), complaints.Add, clock);
        File.WriteAllText(_path, "two");
        Assert.Equal("one", followed.Value); // not looked at again yet
        clock.Advance();
        Assert.Equal("two", followed.Value);
        File.WriteAllText(_path, "too long by far");
        for (var i = 0; i < 3; i++)
        {
            clock.Advance();
            Assert.Equal("two", followed.Value);
        }
        Assert.Equal("too long", Assert.Single(complaints)); // once for each content
        File.Delete(_path);
        clock.Advance();
        Assert.Equal("two", followed.Value);
        File.WriteAllText(_path, "end");
        clock.Advance();
        Assert.Equal("end", followed.Value);
    }

    private static string Basic(string pair) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));

    private sealed class ManualClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance() => _now += FollowedFiles<string>.Pause.Ticks;
    }
}
