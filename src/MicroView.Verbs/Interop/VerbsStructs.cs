using System.Runtime.InteropServices;

namespace MicroView.Verbs;

// C's structs under C's names, fields at C's places; a test generates assertions from them and compiles those against the header.
// Those with a size are made here and passed; those without are the library's own, of which nothing behind a pthread_mutex_t is read.

/// <summary>An open device. The last three are what the header's inline functions call.</summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct ibv_context
{
    [FieldOffset(96)] internal delegate* unmanaged<ibv_cq*, int, ibv_wc*, int> poll_cq;
    [FieldOffset(104)] internal delegate* unmanaged<ibv_cq*, int, int> req_notify_cq;
    [FieldOffset(208)] internal delegate* unmanaged<ibv_qp*, ibv_send_wr*, ibv_send_wr**, int> post_send;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct ibv_comp_channel
{
    [FieldOffset(8)] internal int fd;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct ibv_cq
{
    [FieldOffset(0)] internal ibv_context* context;
    [FieldOffset(28)] internal int cqe;
}

[StructLayout(LayoutKind.Explicit)]
internal unsafe struct ibv_qp
{
    [FieldOffset(0)] internal ibv_context* context;
    [FieldOffset(52)] internal uint qp_num;
}

[StructLayout(LayoutKind.Explicit)]
internal struct ibv_mr
{
    [FieldOffset(36)] internal uint lkey;
    [FieldOffset(40)] internal uint rkey;
}

[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct ibv_device_attr
{
    [FieldOffset(108)] internal int max_qp;
    [FieldOffset(112)] internal int max_qp_wr;
    [FieldOffset(132)] internal int max_cqe;
    [FieldOffset(144)] internal int max_qp_rd_atom;
    [FieldOffset(156)] internal int max_qp_init_rd_atom;
    [FieldOffset(227)] internal byte phys_port_cnt;
}

[StructLayout(LayoutKind.Explicit, Size = 52)]
internal struct ibv_port_attr
{
    [FieldOffset(0)] internal uint state;
    [FieldOffset(4)] internal uint max_mtu;
    [FieldOffset(8)] internal uint active_mtu;
    [FieldOffset(12)] internal int gid_tbl_len;
    [FieldOffset(34)] internal ushort lid;
    [FieldOffset(46)] internal byte link_layer;
}

/// <summary>16 bytes, the most significant first.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct ibv_gid
{
    [FieldOffset(0)] internal fixed byte raw[16];

    internal Gid Value
    {
        get
        {
            fixed (byte* bytes = raw)
                return Gid.Of(new ReadOnlySpan<byte>(bytes, 16));
        }
        set
        {
            fixed (byte* bytes = raw)
                value.WriteTo(new Span<byte>(bytes, 16));
        }
    }
}

[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct ibv_gid_entry
{
    [FieldOffset(0)] internal ibv_gid gid;
    [FieldOffset(16)] internal uint gid_index;
    [FieldOffset(20)] internal uint port_num;
    [FieldOffset(24)] internal uint gid_type;
    [FieldOffset(28)] internal uint ndev_ifindex;
}

[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct ibv_global_route
{
    [FieldOffset(0)] internal ibv_gid dgid;
    [FieldOffset(16)] internal uint flow_label;
    [FieldOffset(20)] internal byte sgid_index;
    [FieldOffset(21)] internal byte hop_limit;
    [FieldOffset(22)] internal byte traffic_class;
}

[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct ibv_ah_attr
{
    [FieldOffset(0)] internal ibv_global_route grh;
    [FieldOffset(24)] internal ushort dlid;
    [FieldOffset(26)] internal byte sl;
    [FieldOffset(29)] internal byte is_global;
    [FieldOffset(30)] internal byte port_num;
}

[StructLayout(LayoutKind.Explicit, Size = 20)]
internal struct ibv_qp_cap
{
    [FieldOffset(0)] internal uint max_send_wr;
    [FieldOffset(4)] internal uint max_recv_wr;
    [FieldOffset(8)] internal uint max_send_sge;
    [FieldOffset(12)] internal uint max_recv_sge;
    [FieldOffset(16)] internal uint max_inline_data;
}

[StructLayout(LayoutKind.Explicit, Size = 64)]
internal unsafe struct ibv_qp_init_attr
{
    [FieldOffset(8)] internal ibv_cq* send_cq;
    [FieldOffset(16)] internal ibv_cq* recv_cq;
    [FieldOffset(32)] internal ibv_qp_cap cap;
    [FieldOffset(52)] internal uint qp_type;
    [FieldOffset(56)] internal int sq_sig_all;
}

[StructLayout(LayoutKind.Explicit, Size = 144)]
internal struct ibv_qp_attr
{
    [FieldOffset(0)] internal uint qp_state;
    [FieldOffset(8)] internal uint path_mtu;
    [FieldOffset(20)] internal uint rq_psn;
    [FieldOffset(24)] internal uint sq_psn;
    [FieldOffset(28)] internal uint dest_qp_num;
    [FieldOffset(32)] internal uint qp_access_flags;
    [FieldOffset(36)] internal ibv_qp_cap cap;
    [FieldOffset(56)] internal ibv_ah_attr ah_attr;
    [FieldOffset(120)] internal ushort pkey_index;
    [FieldOffset(126)] internal byte max_rd_atomic;
    [FieldOffset(127)] internal byte max_dest_rd_atomic;
    [FieldOffset(128)] internal byte min_rnr_timer;
    [FieldOffset(129)] internal byte port_num;
    [FieldOffset(130)] internal byte timeout;
    [FieldOffset(131)] internal byte retry_cnt;
    [FieldOffset(132)] internal byte rnr_retry;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ibv_sge
{
    [FieldOffset(0)] internal ulong addr;
    [FieldOffset(8)] internal uint length;
    [FieldOffset(12)] internal uint lkey;
}

[StructLayout(LayoutKind.Explicit, Size = 128)]
internal unsafe struct ibv_send_wr
{
    [FieldOffset(0)] internal ulong wr_id;
    [FieldOffset(8)] internal ibv_send_wr* next;
    [FieldOffset(16)] internal ibv_sge* sg_list;
    [FieldOffset(24)] internal int num_sge;
    [FieldOffset(28)] internal uint opcode;
    [FieldOffset(32)] internal uint send_flags;
    [FieldOffset(40)] internal ulong remote_addr;
    [FieldOffset(48)] internal uint rkey;
}

/// <summary>On an error only wr_id, status and qp_num mean anything.</summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
internal struct ibv_wc
{
    [FieldOffset(0)] internal ulong wr_id;
    [FieldOffset(8)] internal uint status;
    [FieldOffset(20)] internal uint byte_len;
    [FieldOffset(28)] internal uint qp_num;
}
