using System.CommandLine;

namespace MicroView.Lab;

/// <summary>Options that several commands have, worded once.</summary>
internal static class LabOptions
{
    public static Option<string> Data() => Kinds.Required("--data", "DIR", "Folder of the data set: the artifact's layout or the development set's", "-d");

    public static Option<string> Service() => Kinds.Required("--service", "NAME", "Service to look at", "-s");
}
