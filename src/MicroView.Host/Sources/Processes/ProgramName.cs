namespace MicroView.Host;

/// <summary>Names the program that a process runs: the executable, or what an interpreter was told to interpret.</summary>
internal static class ProgramName
{
    /// <summary>Options that take the next argument as their value, by interpreter; others stand alone or carry it with '='.</summary>
    private static readonly Dictionary<string, string[]> WithValue = new(StringComparer.Ordinal)
    {
        ["python"] = ["-W", "-X", "--check-hash-based-pycs"],
        ["node"] = ["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file", "--title"],
        ["ruby"] = ["-r", "-I", "-E", "-C"],
        ["perl"] = ["-I"],
        ["java"] = ["-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-modules", "--add-opens", "--add-exports", "--add-reads"],
        ["dotnet"] = ["--additionalprobingpath", "--depsfile", "--runtimeconfig", "--fx-version", "--roll-forward"],
        ["bash"] = ["-o", "-O", "--rcfile", "--init-file"],
        ["sh"] = ["-o"],
        ["php"] = ["-c", "-d"],
    };

    /// <summary>Options after which comes code, not a file.</summary>
    private static readonly string[] Code = ["-c", "-e", "-E", "--eval", "-p", "--print", "-r"];

    internal static (string Pod, string Service) Of(in ProcessFacts process)
    {
        var executable = Executable(process);
        return Family(executable) is { } family && Script(family, process.Arguments) is { Length: > 0 } script
            ? ($"{executable}:{script}", script)
            : (executable, executable);
    }

    /// <summary>The executable's file name; where it may not be seen, that of argument 0, else the kernel's name of the process.</summary>
    internal static string Executable(in ProcessFacts process)
    {
        const string deleted = " (deleted)"; // the file was replaced by an upgrade
        var path = process.Executable;
        if (path.EndsWith(deleted, StringComparison.Ordinal))
            path = path[..^deleted.Length];
        if (path.Length == 0 && process.Arguments.Length > 0)
            path = process.Arguments[0].Split(' ', 2)[0].TrimEnd(':').TrimStart('-'); // "nginx: worker process", "-bash"
        var name = path[(path.LastIndexOf('/') + 1)..];
        return name.Length > 0 ? name : process.Name;
    }

    private static string? Family(string executable)
    {
        var stem = executable.AsSpan().TrimEnd("0123456789.");
        foreach (var family in WithValue.Keys)
            if (stem.SequenceEqual(family))
                return family;
        return stem is "dash" or "ash" or "zsh" or "busybox" ? "sh" : stem is "nodejs" ? "node" : stem is "pypy" ? "python" : null;
    }

    private static string? Script(string family, string[] arguments)
    {
        for (var i = 1; i < arguments.Length; i++)
        {
            var argument = arguments[i];
            var next = i + 1 < arguments.Length ? arguments[i + 1] : "";
            if (argument is "-m" or "-jar" or "--module" && family is "python" or "java")
                return FileName(argument == "-jar" ? next : next.Split('/')[^1]);
            if (family is "dotnet" && argument is "exec" or "run" or "watch")
                continue;
            if (Array.IndexOf(WithValue[family], argument) >= 0)
                i++;
            else if (family is not ("java" or "dotnet") && Array.IndexOf(Code, argument) >= 0)
                return null;
            else if (argument.Length > 0 && argument[0] != '-' && argument[0] != '+')
                return FileName(argument);
        }
        return null;
    }

    private static string? FileName(string path) =>
        path.StartsWith("/dev/fd/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal)
            ? null // a script through a descriptor has no name
            : path[(path.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/');
}
