using System.Globalization;

namespace MicroView.Lab;

/// <summary>
/// A plan as a Workflow of Chaos Mesh (chaos-mesh.org/v1alpha1): each stress is a StressChaos that waits for its time, all of them side by side. Stress that Chaos Mesh has no words for goes by stress-ng's.
/// </summary>
internal static class ChaosMeshFile
{
    public static void Write(string file, string space, IReadOnlyList<Injection> plan) => ResultFile.Write(file, text =>
    {
        text.Write($"# kubectl apply -f {Path.GetFileName(file)}; pods are chosen by their label app\n");
        text.Write($"apiVersion: chaos-mesh.org/v1alpha1\nkind: Workflow\nmetadata:\n  name: microview-anomalies\n  namespace: {space}\nspec:\n  entry: all\n  templates:\n");
        text.Write($"    - name: all\n      templateType: Parallel\n      deadline: {plan.Max(injection => (int)Math.Ceiling(injection.AtSeconds) + injection.Seconds) + 60}s\n      children:\n");
        foreach (var (index, _) in plan.Index())
            text.Write($"        - stress-{index}\n");
        foreach (var (index, injection) in plan.Index())
            Write(text, space, index, injection);
    });

    private static void Write(TextWriter text, string space, int index, Injection injection)
    {
        var wait = Math.Max(1, (int)Math.Round(injection.AtSeconds));
        text.Write($"    - name: stress-{index}\n      templateType: Serial\n      deadline: {wait + injection.Seconds + 30}s\n      children:\n        - wait-{index}\n        - inject-{index}\n");
        text.Write($"    - name: wait-{index}\n      templateType: Suspend\n      deadline: {wait}s\n");
        text.Write($"    - name: inject-{index}\n      templateType: StressChaos\n      deadline: {injection.Seconds}s\n      stressChaos:\n        mode: all\n");
        text.Write($"        selector:\n          namespaces:\n            - {space}\n          labelSelectors:\n            app: {injection.Target}\n");
        text.Write(Stress(injection.Stress));
    }

    private static string Stress(StressSettings stress) => stress.Kind.Name switch
    {
        "cpu" => string.Create(CultureInfo.InvariantCulture, $"        stressors:\n          cpu:\n            workers: {stress.Workers}\n            load: {stress.Load}\n"),
        "mem_capacity" => string.Create(CultureInfo.InvariantCulture, $"        stressors:\n          memory:\n            workers: {stress.Workers}\n            size: {stress.Size ?? "256M"}B\n"),
        _ => $"        stressngStressors: \"{string.Join(' ', stress.Kind.Arguments(stress))}\"\n",
    };
}
