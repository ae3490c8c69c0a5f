using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using MicroView.Client;

/// <summary>
/// DOTNET_STARTUP_HOOKS=/path/to/MicroView.Client.dll collects an application that knows nothing of MicroView. The runtime
/// looks for this name, outside any namespace.
/// </summary>
internal static class StartupHook
{
    /// <summary>Called by the runtime before the application's Main.</summary>
    [RequiresUnreferencedCode("A startup hook is loaded by path, into an application that was not trimmed.")]
    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "A startup hook is a file; where it has no path, it does nothing.")]
    internal static void Initialize()
    {
        try
        {
            if (Path.GetDirectoryName(typeof(StartupHook).Assembly.Location) is not { Length: > 0 } folder)
                return;
            // The application's list of assemblies does not have ours: they lie beside the hook.
            AssemblyLoadContext.Default.Resolving += (context, name) => Find(context, name, folder);
            Collect();
        }
        catch (Exception error)
        {
            Console.Error.WriteLine($"microview: metrics are not collected: {error.Message}"); // the application must start whatever happens here
        }
    }

    [RequiresUnreferencedCode("Loads by path.")]
    private static Assembly? Find(AssemblyLoadContext context, AssemblyName name, string folder)
    {
        var path = Path.Combine(folder, name.Name + ".dll");
        return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    }

    /// <summary>A method of its own: its dependencies are resolved when it is compiled, after the handler stands.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Collect() => MicroViewClient.Start();
}
