using System.CommandLine;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroView.Cli;

/// <summary>`microview version`.</summary>
internal static class VersionCommand
{
    public static string Version =>
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static Command Create()
    {
        var command = new DocumentedCommand("version", "Print the version, the runtime and the architecture.",
            new Example("microview version", "microview 0.1.0 (.NET 10, x64, native)"));
        command.SetAction(result => result.InvocationConfiguration.Output.WriteLine(
            $"microview {Version} ({RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}, {(RuntimeFeature.IsDynamicCodeSupported ? "JIT" : "native")})"));
        return command;
    }
}
