using MicroView.EndToEnd.Tests;
using MicroView.Repository.Tests;

namespace MicroView.Deploy.Tests;

/// <summary>The systemd units.</summary>
public sealed class UnitFileTests
{
    private const string Binary = "/usr/local/bin/microview";

    private static readonly string[] Hardening =
    [
        "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "ProtectKernelTunables=yes", "ProtectKernelModules=yes",
        "RestrictNamespaces=yes", "RestrictSUIDSGID=yes", "LockPersonality=yes", "SystemCallFilter=@system-service", "MemoryDenyWriteExecute=yes",
    ];

    public static TheoryData<string> Units() => [.. Checkout.Files("*.service", "deploy/systemd")];

    [Theory, MemberData(nameof(Units))]
    public void A_unit_is_hardened_and_starts_a_command_of_ours(string unit)
    {
        var lines = Checkout.Lines(unit);
        Assert.All(Hardening, line => Assert.Contains(line, lines));
        Assert.Single(lines, line => line.StartsWith("CapabilityBoundingSet=", StringComparison.Ordinal));
        var start = lines.Single(line => line.StartsWith("ExecStart=", StringComparison.Ordinal))["ExecStart=".Length..].Split(' ');
        Assert.Equal(Binary, start[0]);
        Assert.Empty(Tool.ErrorsOf(start[1..]));
    }

    [Fact]
    [Trait("group", "slow")]
    public async Task The_real_systemd_finds_nothing_wrong_with_them()
    {
        using var folder = new TemporaryFolder();
        var files = Checkout.Files("*.service", "deploy/systemd").ToArray();
        Assert.Equal(3, files.Length);
        foreach (var file in files) // it wants the program to be there
            await File.WriteAllTextAsync(folder.File(Path.GetFileName(file)), Checkout.Read(file).Replace(Binary, "/bin/true", StringComparison.Ordinal));
        var (exit, said) = await Tool.RunAsync("systemd-analyze", "systemd", folder.Path, ["verify", .. files.Select(file => "./" + Path.GetFileName(file))]);
        Assert.True(exit == 0 && !said.Contains("microview", StringComparison.Ordinal), said);

        await File.AppendAllTextAsync(folder.File("microview-nic.service"), "\n[Service]\nExecStart=no/such/program\n");
        var wrong = await Tool.RunAsync("systemd-analyze", "systemd", folder.Path, "verify", "./microview-nic.service");
        Assert.Contains("microview-nic.service", wrong.Said, StringComparison.Ordinal); // this judge can say no
    }
}
