[assembly: CollectionBehavior(DisableTestParallelization = true)] // each of them fills two cores by itself
