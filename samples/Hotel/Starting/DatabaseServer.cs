using System.Diagnostics;

namespace Hotel;

/// <summary>A PostgreSQL of our own: a cluster in a folder of its own, reachable by a Unix socket alone.</summary>
internal static class DatabaseServer
{
    private const string Account = "postgres", Database = "postgres";

    /// <summary>Makes the cluster and starts the server.</summary>
    /// <param name="folder">The application's own folder, which goes at the end.</param>
    /// <param name="log">Its log.</param>
    /// <exception cref="HotelException">There is none, or it cannot be made.</exception>
    public static GuardedProcess Start(string folder, string log)
    {
        var programs = Programs();
        var data = Directory.CreateDirectory(Path.Combine(folder, "database")).FullName;
        string[] user = Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={Account}", $"--regid={Account}", "--init-groups"] : [];
        if (user.Length > 0)
            Must("chown", [$"{Account}:{Account}", data], log);
        Must("/usr/bin/env", [.. user, Path.Combine(programs, "initdb"), "--pgdata", data, "--username", Account, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"], log);
        return GuardedProcess.StartGuarded("database", log, ["/usr/bin/env", .. user, Path.Combine(programs, "postgres"), "-D", data, "-k", data,
            "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c", "max_connections=100", "-c", "shared_buffers=32MB", "-c", "dynamic_shared_memory_type=mmap", "-c", "max_worker_processes=2", "-c", "autovacuum=on"], "INT");
    }

    /// <summary>How services reach it.</summary>
    public static string Place(string folder) => $"Host={Path.Combine(folder, "database")};Username={Account};Database={Database};Maximum Pool Size=10;Connection Idle Lifetime=86400;Connection Pruning Interval=3600;Timeout=5;Command Timeout=2;Include Error Detail=true";

    private static string Programs()
    {
        string[] versions = Directory.Exists("/usr/lib/postgresql") ? [.. Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(path => path.Length).ThenByDescending(path => path, StringComparer.Ordinal)] : [];
        return versions.Select(path => Path.Combine(path, "bin")).FirstOrDefault(path => File.Exists(Path.Combine(path, "initdb")))
            ?? throw new HotelException("there is no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql");
    }

    private static void Must(string program, string[] arguments, string log)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$LOG\" 2>&1 </dev/null", "sh", program, .. arguments]) { Environment = { ["LOG"] = log } })!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new HotelException($"{Path.GetFileName(arguments.FirstOrDefault(argument => argument.EndsWith("initdb", StringComparison.Ordinal)) ?? program)} failed; see {log}");
    }
}
