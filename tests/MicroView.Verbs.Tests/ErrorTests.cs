namespace MicroView.Verbs.Tests;

public sealed class ErrorTests
{
    private const ulong Unlimited = ulong.MaxValue, EightMebibytes = 8 << 20;

    [Fact]
    public void An_error_names_call_object_and_errno_in_words()
    {
        var error = VerbsException.Of("ibv_modify_qp", "queue pair 17 of rxe0 (to RTR)", VerbsValues.EINVAL);
        Assert.Equal("ibv_modify_qp failed on queue pair 17 of rxe0 (to RTR): Invalid argument (errno 22)", error.Message);
        Assert.Equal(("ibv_modify_qp", "queue pair 17 of rxe0 (to RTR)", 22), (error.Call, error.Subject, error.Errno));
    }

    [Theory]
    [InlineData("ibv_reg_mr", VerbsValues.ENOMEM, EightMebibytes)]
    [InlineData("ibv_create_cq", VerbsValues.ENOMEM, EightMebibytes)]
    [InlineData("ibv_create_qp", VerbsValues.ENOMEM, EightMebibytes)]
    [InlineData("ibv_reg_mr", VerbsValues.EPERM, 0)]
    public void Want_of_locked_memory_names_the_limit_and_three_remedies(string call, int errno, ulong limit)
    {
        var remedy = VerbsException.Remedy(call, errno, limit);
        Assert.Contains(limit == 0 ? "limited to 0 KiB (RLIMIT_MEMLOCK)" : "limited to 8 MiB (RLIMIT_MEMLOCK)", remedy, StringComparison.Ordinal);
        Assert.All(["ulimit -l unlimited", "LimitMEMLOCK=infinity", "root"], part => Assert.Contains(part, remedy, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ibv_reg_mr", VerbsValues.ENOMEM, Unlimited)]
    [InlineData("ibv_reg_mr", VerbsValues.EPERM, EightMebibytes)]
    [InlineData("ibv_modify_qp", VerbsValues.ENOMEM, EightMebibytes)]
    public void What_is_not_want_of_locked_memory_does_not_speak_of_it(string call, int errno, ulong limit) =>
        Assert.Equal("", VerbsException.Remedy(call, errno, limit));

    [Fact]
    public void A_device_file_that_may_not_be_opened_says_so()
    {
        Assert.Contains("may not open /dev/infiniband/uverbs*", VerbsException.Of("ibv_open_device", "rxe0", VerbsValues.EACCES).Message, StringComparison.Ordinal);
        Assert.Contains("/dev/infiniband/uverbs* is missing", VerbsException.Of("ibv_open_device", "rxe0", VerbsValues.ENOENT).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_completion_status_is_said_in_its_own_words()
    {
        var words = Enum.GetValues<CompletionStatus>().Select(status => status.Describe()).ToArray();
        Assert.Equal(words.Length, words.Distinct().Count());
        Assert.All(words, text => Assert.DoesNotContain("unknown", text, StringComparison.Ordinal));
        Assert.Equal("remote access error: the key or the range is not valid there", CompletionStatus.RemoteAccess.Describe());
        Assert.Equal("unknown completion status 99", ((CompletionStatus)99).Describe());
    }
}
