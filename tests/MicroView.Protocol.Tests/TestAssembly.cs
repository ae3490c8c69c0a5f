using System.Runtime.Versioning;

// Tests count the process's open descriptors and race threads on purpose: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
[assembly: SupportedOSPlatform("linux")]
