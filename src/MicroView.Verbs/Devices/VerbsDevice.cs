using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>A device as <see cref="VerbsDevice.List"/> finds it.</summary>
/// <param name="Name">Such as mlx5_0 or rxe0.</param>
/// <param name="Ports">Its ports; empty when it cannot be opened.</param>
/// <param name="Problem">Why it cannot be opened, and what to do; null when it can.</param>
public sealed record DeviceInfo(string Name, IReadOnlyList<PortInfo> Ports, string? Problem);

/// <summary>An open device. What is made from it holds it: disposing it early is harmless. Thread-safe.</summary>
public sealed unsafe class VerbsDevice : IDisposable
{
    private const int MostReads = 16;
    private static readonly string[] States = ["NOP", "DOWN", "INIT", "ARMED", "ACTIVE", "ACTIVE_DEFER"];

    private readonly ContextHandle _handle;

    private VerbsDevice(ContextHandle handle, string name)
    {
        _handle = handle;
        Name = name;
        try
        {
            ibv_device_attr attributes;
            using var use = handle.Hold();
            VerbsException.Check(Ibverbs.ibv_query_device((ibv_context*)use.Pointer, &attributes), "ibv_query_device", name);
            MaxReadsSent = Math.Clamp(attributes.max_qp_init_rd_atom, 1, MostReads);
            MaxReadsAnswered = Math.Clamp(attributes.max_qp_rd_atom, 1, MostReads);
            PortCount = attributes.phys_port_cnt;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Opens by name; null: the first with an active port.</summary>
    /// <exception cref="VerbsException">There is none, or not that one: lists what there is; or it cannot be opened.</exception>
    public static VerbsDevice Open(string? name)
    {
        var state = VerbsLibrary.Probe();
        if (!state.IsAvailable)
            throw new VerbsException("ibv_get_device_list", name ?? "RDMA devices", VerbsValues.ENODEV, state.Reason);
        using var list = DeviceList.Take();
        return name is null ? OpenActive(list) : OpenNamed(list, name);
    }

    /// <summary>Every device with its ports, for people to read. Never throws: what cannot be opened says why.</summary>
    public static IReadOnlyList<DeviceInfo> List()
    {
        if (!VerbsLibrary.Probe().IsAvailable)
            return [];
        using var list = DeviceList.Take();
        var found = new DeviceInfo[list.Count];
        for (var i = 0; i < found.Length; i++)
        {
            var name = list.Name(i);
            try
            {
                using var device = new VerbsDevice(list.Open(i), name);
                found[i] = new(name, device.QueryPorts(), null);
            }
            catch (VerbsException error)
            {
                found[i] = new(name, [], error.Message);
            }
        }
        return found;
    }

    /// <summary>Such as mlx5_0 or rxe0.</summary>
    public string Name { get; }

    /// <summary>Physical ports.</summary>
    public int PortCount { get; }

    /// <summary>READs that a queue pair can have in flight (max_qp_init_rd_atom): 1 … 16.</summary>
    public int MaxReadsSent { get; }

    /// <summary>READs that a queue pair can answer at the same time (max_qp_rd_atom): 1 … 16.</summary>
    public int MaxReadsAnswered { get; }

    /// <summary>The port as it is now.</summary>
    /// <param name="port">From 1.</param>
    /// <exception cref="VerbsException">There is no such port.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public PortInfo QueryPort(int port)
    {
        var subject = $"port {port} of {Name}";
        if (port < 1 || port > PortCount)
            throw new VerbsException("ibv_query_port", subject, VerbsValues.EINVAL, $"{Name} has no port {port}; its ports are 1 to {PortCount}");
        using var use = _handle.Hold();
        var context = (ibv_context*)use.Pointer;
        var attributes = default(ibv_port_attr);
        VerbsException.Check(Ibverbs.ibv_query_port(context, (byte)port, &attributes), "ibv_query_port", subject);
        var state = attributes.state < States.Length ? States[attributes.state] : $"state {attributes.state}";
        return new(port, state, attributes.state == VerbsValues.IBV_PORT_ACTIVE, (PathMtu)attributes.active_mtu, (PathMtu)attributes.max_mtu,
            attributes.link_layer == VerbsValues.IBV_LINK_LAYER_ETHERNET, attributes.lid, QueryGids(context, port, attributes.gid_tbl_len, subject));
    }

    /// <summary>All of its ports, in order.</summary>
    /// <exception cref="VerbsException">One cannot be queried.</exception>
    public IReadOnlyList<PortInfo> QueryPorts()
    {
        var ports = new PortInfo[PortCount];
        for (var i = 0; i < ports.Length; i++)
            ports[i] = QueryPort(i + 1);
        return ports;
    }

    /// <summary>A new protection domain.</summary>
    /// <exception cref="VerbsException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public ProtectionDomain CreateDomain() => new(this, _handle);

    /// <summary>Closes the device, once nothing that was made from it exists.</summary>
    public void Dispose() => _handle.Dispose();

    private static VerbsDevice OpenNamed(DeviceList list, string name)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list.Name(i) == name)
                return new(list.Open(i), name);
        }
        throw new VerbsException("ibv_get_device_list", name, VerbsValues.ENODEV, $"there is no RDMA device '{name}'; there are {string.Join(", ", list.Names())}");
    }

    private static VerbsDevice OpenActive(DeviceList list)
    {
        var problems = new List<string>();
        for (var i = 0; i < list.Count; i++)
        {
            VerbsDevice? device = null;
            try
            {
                device = new(list.Open(i), list.Name(i));
                var ports = device.QueryPorts();
                if (ports.Any(port => port.IsActive))
                    return device;
                problems.Add($"{device.Name} ({string.Join(", ", ports.Select(port => $"port {port.Port} {port.State}"))})");
            }
            catch (VerbsException error) when (list.Count > 1)
            {
                problems.Add(error.Message);
            }
            device?.Dispose();
        }
        throw new VerbsException("ibv_query_port", "RDMA devices", VerbsValues.ENODEV, $"no RDMA device has an active port: {string.Join("; ", problems)}; bring its link up (rdma link show)");
    }

    private static List<GidEntry> QueryGids(ibv_context* context, int port, int length, string subject)
    {
        var gids = new List<GidEntry>();
        var problem = 0;
        for (var i = 0; i < length; i++)
        {
            var entry = default(ibv_gid_entry);
            var errno = Ibverbs._ibv_query_gid_ex(context, (uint)port, (uint)i, &entry, 0, (nuint)sizeof(ibv_gid_entry));
            var gid = entry.gid.Value;
            if (errno == 0 && gid != default)
                gids.Add(new(i, gid, (GidType)entry.gid_type, InterfaceName(entry.ndev_ifindex)));
            else if (errno is not (0 or VerbsValues.ENODATA))
                problem = errno;
        }
        // One entry that cannot be read (a kernel says EINVAL where another says ENODATA) is no reason to have none.
        return gids.Count > 0 || problem == 0 ? gids : throw VerbsException.Of("ibv_query_gid_ex", subject, problem);
    }

    private static string? InterfaceName(uint index)
    {
        var name = stackalloc byte[Libc.InterfaceNameSize];
        return index == 0 ? null : Marshal.PtrToStringUTF8((nint)Libc.if_indextoname(index, name));
    }
}
