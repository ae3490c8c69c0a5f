using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>Which requests are sent, and when they are meant to be: drawn from a seed alone, so that a service that is slow changes nothing. Not thread-safe.</summary>
internal sealed class LoadSchedule(LoadFile file, ulong seed)
{
    private const int Mean = 100;

    private SplitMix64 _random = new(seed);

    /// <summary>The requests in their order, endless. A gap is the mean gap times a Poisson number of mean 100 over 100, as in the artifact.</summary>
    public IEnumerable<LoadRequest> Requests()
    {
        for (var at = 0.0; ; at += Poisson() / (double)Mean / file.Tput)
        {
            var api = Choose();
            yield return new LoadRequest(TimeSpan.FromSeconds(at), api, LoadArguments.Find(api.ArgGenFuncName)!(() => _random.NextUniform()));
        }
    }

    private LoadApi Choose()
    {
        var left = (int)(_random.NextUniform() * 100);
        return file.Apis.First(api => (left -= api.Proportion) < 0);
    }

    /// <summary>Knuth's: how many uniform factors stay above e^-mean.</summary>
    private int Poisson()
    {
        var (limit, product, count) = (Math.Exp(-Mean), 1.0, -1);
        for (; product > limit; count++)
            product *= _random.NextUniform();
        return count;
    }
}

/// <summary>One request.</summary>
/// <param name="At">When it is meant to be sent, after the start.</param>
/// <param name="Api">Its kind.</param>
/// <param name="Arguments">Names and values.</param>
internal sealed record LoadRequest(TimeSpan At, LoadApi Api, (string Name, string Value)[] Arguments)
{
    /// <summary>A message for a server.</summary>
    public HttpRequestMessage To(Uri server)
    {
        var path = new Uri(server, Api.Name.TrimStart('/'));
        var query = string.Join('&', Arguments.Select(argument => $"{argument.Name}={Uri.EscapeDataString(argument.Value)}"));
        // Arguments are in the query of a POST as well: services that bind forms read both, ours reads the query.
        return new HttpRequestMessage(new HttpMethod(Api.Type), $"{path}?{query}");
    }
}
