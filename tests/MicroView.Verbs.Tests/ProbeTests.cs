namespace MicroView.Verbs.Tests;

public sealed class ProbeTests
{
    [Fact]
    public void A_probe_is_a_state_with_a_reason_and_never_an_exception()
    {
        var state = VerbsLibrary.Probe();
        Assert.Equal(state.IsAvailable, state.Reason.Length == 0);
        Assert.Equal(state.IsAvailable, state.Devices.Count > 0);
    }

    [Fact]
    public void Opening_where_there_is_nothing_says_why()
    {
        var state = VerbsLibrary.Probe();
        Assert.SkipWhen(state.IsAvailable, "this machine has an RDMA device");
        Assert.Equal(state.Reason, Assert.Throws<VerbsException>(() => VerbsDevice.Open(null)).Message);
        Assert.Equal(state.Reason, Assert.Throws<VerbsException>(() => VerbsDevice.Open("rxe0")).Message);
        Assert.Empty(VerbsDevice.List());
    }

    [Theory]
    [InlineData(0, "", "there is no RDMA device; for Soft-RoCE: rdma link add")]
    [InlineData(0, "rxe0", "the kernel has rxe0, but libibverbs has no provider for it; install ibverbs-providers")]
    [InlineData(VerbsValues.ENOSYS, "", "the kernel has no RDMA; load ib_uverbs")]
    [InlineData(VerbsValues.ENOSYS, "mlx5_0", "the kernel has mlx5_0, but no verbs for programs; load ib_uverbs")]
    [InlineData(VerbsValues.EPERM, "", "listing the devices failed: Operation not permitted (errno 1)")]
    public void Each_way_of_having_no_device_has_its_reason(int errno, string kernel, string reason) =>
        Assert.StartsWith(reason, VerbsLibrary.WhyNone(errno, kernel.Length > 0 ? [kernel] : []), StringComparison.Ordinal);
}
