using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MicroView.Protocol.Tests;

public sealed class TcpTableTests
{
    [Fact]
    public void Addresses_are_read_as_the_kernel_prints_them()
    {
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 5000), TcpTable.Parse("0100007F:1388"));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 80), TcpTable.Parse("0000000000000000FFFF00000100007F:0050"));
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 80), TcpTable.Parse("00000000000000000000000001000000:0050"));
        Assert.Null(TcpTable.Parse("nonsense"));
    }

    [Fact]
    public void The_holder_of_a_port_is_named_with_its_pid_and_a_free_port_has_none()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), TcpTable.HolderOf(port));
        listener.Stop();
        Assert.Null(TcpTable.HolderOf(port));
    }
}
