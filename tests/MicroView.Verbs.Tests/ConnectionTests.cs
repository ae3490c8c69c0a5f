namespace MicroView.Verbs.Tests;

public sealed class ConnectionTests
{
    private static readonly GidEntry Roce = Entry(3, "::ffff:10.9.0.1", GidType.RoceV2), InfiniBand = Entry(0, "fe80::1", GidType.InfiniBand);
    private static readonly LocalEnd Local = new(1, Roce, PathMtu.Mtu4096, 0x1234567, 16, 4);
    private static readonly RemoteEnd Remote = new(77, Entry(0, "::ffff:10.9.0.2").Gid, 9, PathMtu.Mtu1024, 0xFF000002, 2, 128);

    [Fact]
    public void The_path_MTU_is_the_smaller_one_whichever_side_has_it()
    {
        Assert.Equal((uint)PathMtu.Mtu1024, Connection.ToReceive(Local, Remote).path_mtu);
        Assert.Equal((uint)PathMtu.Mtu512, Connection.ToReceive(Local with { Mtu = PathMtu.Mtu512 }, Remote).path_mtu);
    }

    [Fact]
    public void Reads_in_flight_are_what_both_ends_allow_and_at_least_one()
    {
        Assert.Equal(16, Connection.ToSend(Local, Remote).max_rd_atomic);
        Assert.Equal(2, Connection.ToReceive(Local, Remote).max_dest_rd_atomic);
        Assert.Equal(3, Connection.ToSend(Local, Remote with { ReadsAnswered = 3 }).max_rd_atomic);
        Assert.Equal(4, Connection.ToReceive(Local, Remote with { ReadsSent = 500 }).max_dest_rd_atomic);
        Assert.Equal(1, Connection.ToSend(Local, Remote with { ReadsAnswered = 0 }).max_rd_atomic);
        Assert.Equal(1, Connection.ToReceive(Local with { ReadsAnswered = -5 }, Remote).max_dest_rd_atomic);
        Assert.Equal(255, Connection.ToSend(Local with { ReadsSent = 300 }, Remote with { ReadsAnswered = 300 }).max_rd_atomic);
    }

    [Fact]
    public void An_end_that_does_not_answer_is_given_up()
    {
        var attributes = Connection.ToSend(Local, Remote);
        Assert.Equal((14, 6, 7), (attributes.timeout, attributes.retry_cnt, attributes.rnr_retry));
        Assert.Equal(12, Connection.ToReceive(Local, Remote).min_rnr_timer);
    }

    [Fact]
    public void Sequence_numbers_have_24_bits_and_cross_over()
    {
        Assert.Equal(0x234567u, Connection.ToSend(Local, Remote).sq_psn);
        Assert.Equal(2u, Connection.ToReceive(Local, Remote).rq_psn);
    }

    [Fact]
    public void RoCE_goes_by_GIDs()
    {
        var address = Connection.ToReceive(Local, Remote).ah_attr;
        Assert.Equal((1, 3, 64, 0, 1), (address.is_global, address.grh.sgid_index, address.grh.hop_limit, address.dlid, address.port_num));
        Assert.Equal(Remote.Gid, address.grh.dgid.Value);
        Assert.Equal(77u, Connection.ToReceive(Local, Remote).dest_qp_num);
    }

    [Fact]
    public void InfiniBand_goes_by_local_identifiers_within_a_subnet_and_by_GIDs_beyond()
    {
        var local = Local with { Gid = InfiniBand };
        var within = Connection.ToReceive(local, Remote with { Gid = Entry(0, "fe80::2").Gid }).ah_attr;
        Assert.Equal((0, 9), (within.is_global, within.dlid));
        var beyond = Connection.ToReceive(local, Remote with { Gid = Entry(0, "fec0::2").Gid }).ah_attr;
        Assert.Equal((1, 9), (beyond.is_global, beyond.dlid));
        var withoutIdentifier = Connection.ToReceive(local, Remote with { Gid = Entry(0, "fe80::2").Gid, Lid = 0 }).ah_attr;
        Assert.Equal(1, withoutIdentifier.is_global);
    }

    [Fact]
    public void The_other_end_may_do_what_it_was_granted()
    {
        Assert.Equal((4u, 1), (Connection.ToInit(Local, RegionAccess.RemoteRead).qp_access_flags, Connection.ToInit(Local, RegionAccess.None).port_num));
        Assert.Equal(0u, Connection.ToInit(Local, RegionAccess.None).qp_access_flags);
    }

    /// <summary>The kernel refuses a step whose mask has a field too few or too many.</summary>
    [Fact]
    public void Each_step_names_the_fields_that_it_must() =>
        Assert.Equal((0x1, 0x39, 0x129181, 0x12e01), (Connection.ResetMask, Connection.InitMask, Connection.ReceiveMask, Connection.SendMask));

    private static GidEntry Entry(int index, string gid, GidType type = GidType.RoceV2) =>
        new(index, Gid.TryParse(gid, out var parsed) ? parsed : throw new ArgumentException(gid), type, "eth0");
}
