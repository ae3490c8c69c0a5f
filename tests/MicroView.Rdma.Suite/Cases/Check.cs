using System.Globalization;

namespace MicroView.Rdma.Suite;

/// <summary>A case's expectation was not met; the message says which.</summary>
internal sealed class CaseFailedException(string message) : Exception(message);

/// <summary>Expectations of a case.</summary>
internal static class Check
{
    public static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new CaseFailedException(string.Create(CultureInfo.InvariantCulture, $"{what}: {actual}, but expected {expected}"));
    }

    public static void True(bool condition, string what)
    {
        if (!condition)
            throw new CaseFailedException("not so: " + what);
    }

    public static void Contains(string part, string text, string what)
    {
        if (!text.Contains(part, StringComparison.Ordinal))
            throw new CaseFailedException($"{what}: '{part}' is not in: {text}");
    }

    public static T Throws<T>(Action action, string what) where T : Exception
    {
        try
        {
            action();
        }
        catch (T expected)
        {
            return expected;
        }
        throw new CaseFailedException($"{what}: no {typeof(T).Name}");
    }
}
