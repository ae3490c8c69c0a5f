using System.Globalization;

namespace MicroView.Lab;

/// <summary>
/// The artifact's step load with its environment names: each STEP_TIME another STEP_LOAD users come, SPAWN_RATE of them a second, until TIME_LIMIT. A user asks for a page, waits
/// USER_WAIT_TIME, and asks again. Times are the cluster's seconds, but for the wait, which is a user's own. Immutable.
/// </summary>
internal sealed record StepLoad(double StepTime, int StepUsers, double SpawnRate, double WaitTime, double TimeLimit)
{
    /// <summary>Names as in the artifact, with the values of this load.</summary>
    public IEnumerable<KeyValuePair<string, string>> Variables =>
    [
        new("STEP_TIME", Text(StepTime)), new("STEP_LOAD", Text(StepUsers)), new("SPAWN_RATE", Text(SpawnRate)), new("USER_WAIT_TIME", Text(WaitTime)), new("TIME_LIMIT", Text(TimeLimit)),
    ];

    /// <summary>These values, each replaced by the variable of its name where that is set.</summary>
    /// <exception cref="LabException">A variable is no number in range.</exception>
    public StepLoad WithEnvironment(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return new(Read("STEP_TIME", StepTime, 1), (int)Read("STEP_LOAD", StepUsers, 1), Read("SPAWN_RATE", SpawnRate, 0.001), Read("USER_WAIT_TIME", WaitTime, 0.001), Read("TIME_LIMIT", TimeLimit, 1));

        double Read(string name, double standard, double least)
        {
            if (variable(name) is not { Length: > 0 } text)
                return standard;
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= 1e6
                ? number
                : throw new LabException($"{name}={text} in the environment is not a number from {Text(least)} to 1000000", ExitCode.Usage);
        }
    }

    /// <summary>Users at a time since the load began, seconds of the cluster; 0 when it is over.</summary>
    public int UsersAt(double seconds)
    {
        if (seconds < 0 || seconds >= TimeLimit)
            return 0;
        // A step whose users come slower than the next step does adds to it: they come one after the other, as in Locust.
        double users = 0, at = 0;
        for (var step = 1; at < seconds; step++, at += StepTime)
            users = Math.Min(step * (double)StepUsers, users + SpawnRate * Math.Min(StepTime, seconds - at));
        return (int)Math.Round(users, MidpointRounding.AwayFromZero);
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The load before the steps, which the detector learns from: it wanders between few users and some, and holds each number for a while. Immutable.</summary>
internal sealed class QuietLoad
{
    private readonly int[] _users;
    private readonly double _hold;

    /// <param name="most">Most users.</param>
    /// <param name="seconds">How long it is, in the cluster's seconds.</param>
    /// <param name="hold">How long a number of users holds, likewise.</param>
    /// <param name="seed">Of the order.</param>
    public QuietLoad(int most, double seconds, double hold, int seed)
    {
        // What is quiet must look alike from beginning to end, or the end would be strange already: rounds in which each level comes once, in an order of its own.
        var random = new Random(seed);
        int[] levels = [Math.Max(1, most / 4), Math.Max(1, most / 2), Math.Max(1, 3 * most / 4), most];
        var rounds = Enumerable.Range(0, (int)Math.Ceiling(seconds / hold / levels.Length)).SelectMany(_ =>
        {
            random.Shuffle(levels);
            return levels.ToArray();
        });
        (_users, _hold) = ([.. rounds], hold);
    }

    /// <summary>Users at a time since it began, seconds of the cluster.</summary>
    public int UsersAt(double seconds) => _users[Math.Clamp((int)(seconds / _hold), 0, _users.Length - 1)];
}
