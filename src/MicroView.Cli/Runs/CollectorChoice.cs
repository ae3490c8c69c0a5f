using MicroView.Collector;

namespace MicroView.Cli;

/// <summary>Checks a collector's options before anything is started.</summary>
internal static class CollectorChoice
{
    public static CollectorOptions Check(CollectorOptions options)
    {
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentException error)
        {
            throw new UserException(error.Message, ExitCode.Usage, error);
        }
    }
}
