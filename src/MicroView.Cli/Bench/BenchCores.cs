using System.Globalization;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>Which cores a benchmark uses: the one it measures on, and another one for what must run beside it.</summary>
internal sealed class BenchCores
{
    private BenchCores(int[] allowed, int measuring)
    {
        Allowed = allowed;
        Measuring = measuring;
        var others = allowed.Where(core => core != measuring).ToArray();
        Other = others.Length > 0 ? others[0] : measuring;
    }

    /// <summary>Cores that taskset or the container left to this process.</summary>
    public int[] Allowed { get; }

    /// <summary>The core of the measured thread.</summary>
    public int Measuring { get; }

    /// <summary>A second core; the same one when only one is allowed.</summary>
    public int Other { get; }

    public bool HasTwo => Other != Measuring;

    /// <exception cref="UserException">The wanted core is not among those allowed.</exception>
    public static BenchCores Choose(int? wanted)
    {
        var allowed = ReadAllowed();
        if (wanted is { } core && !allowed.Contains(core))
            throw new UserException($"--cpu {core}: this process may use only {string.Join(',', allowed)}; choose one of these, or change taskset", ExitCode.Usage);
        // The last one: interrupts tend to go to the first.
        return new(allowed, wanted ?? allowed[^1]);
    }

    /// <summary>Runs <paramref name="body"/> on a thread of its own, bound to <paramref name="core"/>; its exception comes out here.</summary>
    public static T RunOn<T>(int core, Func<T> body)
    {
        var result = default(T);
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Bind(core);
                result = body();
            }
#pragma warning disable CA1031 // It is thrown again on the caller's thread.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(error);
            }
        }) { Name = "bench", IsBackground = true };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    /// <summary>Binds the calling thread.</summary>
    public static void Bind(int core)
    {
        if (!Machine.PinThread(core))
            throw new UserException($"the kernel does not let this process run on core {core}");
    }

    private static int[] ReadAllowed()
    {
        const string Key = "Cpus_allowed_list:";
        var line = File.ReadLines("/proc/thread-self/status").First(text => text.StartsWith(Key, StringComparison.Ordinal));
        var cores = new List<int>();
        foreach (var range in line[Key.Length..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            var first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            var last = int.Parse(ends[^1], CultureInfo.InvariantCulture);
            cores.AddRange(Enumerable.Range(first, last - first + 1));
        }
        return [.. cores];
    }
}
