using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>One stress in one target.</summary>
/// <param name="Round">Its round, from 0.</param>
/// <param name="AtSeconds">When it begins, after the injector's start.</param>
/// <param name="Target">Where.</param>
/// <param name="Stress">What.</param>
/// <param name="Seconds">How long.</param>
internal sealed record Injection(int Round, double AtSeconds, string Target, StressSettings Stress, int Seconds);

/// <summary>
/// All that is going to be injected, drawn from a seed. As in the artifact: in each round a random number of targets, in each of them a random number of kinds, each for a random time; the next round
/// begins after a random time of at most the period, whether or not the last has ended.
/// </summary>
internal static class InjectionPlan
{
    public static IReadOnlyList<Injection> Make(InjectorFile file, IReadOnlyList<string> targets, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(file);
        string[] eligible = [.. targets.Where(target => !file.Blacklist.Any(word => target.Contains(word, StringComparison.OrdinalIgnoreCase))).Order(StringComparer.Ordinal)];
        if (eligible.Length == 0)
            throw new LabException(targets.Count == 0 ? "there is no target" : $"the blacklist spares every target: {string.Join(", ", targets)}");
        var random = new SplitMix64(seed);
        var (plan, at) = (new List<Injection>(), file.StartDelaySeconds);
        for (var round = 0; round < file.Rounds; round++, at += 1 + Whole(file.PeriodSeconds))
            foreach (var target in Some(eligible))
                foreach (var stress in Some(file.Stressors))
                    plan.Add(new Injection(round, at, target, stress, stress.LeastSeconds + Whole(stress.Seconds - stress.LeastSeconds + 1)));
        return plan;

        int Whole(int count) => Math.Min(count - 1, (int)(random.NextUniform() * count));

        // At least one, each number as likely, none twice.
        T[] Some<T>(IReadOnlyList<T> all)
        {
            var (rest, chosen) = (all.ToList(), new List<T>());
            for (var left = 1 + Whole(all.Count); left > 0; left--)
            {
                var index = Whole(rest.Count);
                chosen.Add(rest[index]);
                rest.RemoveAt(index);
            }
            return [.. chosen];
        }
    }
}
