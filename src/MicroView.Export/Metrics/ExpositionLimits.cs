namespace MicroView.Export;

/// <summary>What one metric may cost the endpoint. Beyond these it is rejected, with a reason, and the rest of its group is kept.</summary>
public static class ExpositionLimits
{
    /// <summary>Characters of a metric or label name.</summary>
    public const int NameLength = 512;

    /// <summary>Characters of a label value.</summary>
    public const int LabelValueLength = 4096;

    /// <summary>Labels of one series, those of its group included.</summary>
    public const int Labels = 64;

    /// <summary>Buckets of one histogram.</summary>
    public const int Buckets = 512;

    /// <summary>Characters of a help text; a longer one is cut, not rejected.</summary>
    public const int HelpLength = 1024;
}
