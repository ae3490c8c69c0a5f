namespace MicroView.Lab;

/// <summary>faults.csv: start,end,service, and optionally pod and type. A column of another name is passed over.</summary>
internal static class FaultFile
{
    public const string Name = "faults.csv";

    /// <summary>Faults in the data set's folder or its metrics folder, by time; none when there is no file.</summary>
    public static IReadOnlyList<Fault> ReadFrom(string folder)
    {
        string[] places = [Path.Combine(folder, Name), Path.Combine(folder, DataSetReader.MetricsFolder, Name)];
        return places.FirstOrDefault(File.Exists) is { } file ? Read(file) : [];
    }

    public static IReadOnlyList<Fault> Read(string file)
    {
        using var table = CsvTable.Open(file);
        var (start, end, service) = (table.Column("start"), table.Column("end"), table.Column("service"));
        var (pod, type) = (table.Find("pod"), table.Find("type"));
        var faults = new List<Fault>();
        while (table.Read())
        {
            var fault = new Fault(table.Time(start), table.Time(end), table.Cell(service).ToString(),
                pod < 0 || table.Cell(pod).IsEmpty ? null : table.Cell(pod).ToString(), type < 0 ? "fault" : table.Cell(type).ToString());
            if (fault.EndNs < fault.StartNs)
                throw table.Error($"the fault ends at {CsvTime.Format(fault.EndNs)}, before its start at {CsvTime.Format(fault.StartNs)}");
            if (fault.Service.Length == 0)
                throw table.Error("the fault names no service");
            faults.Add(fault);
        }
        return [.. faults.OrderBy(fault => fault.StartNs)];
    }

    public static void Write(string file, IEnumerable<Fault> faults) => ResultFile.Write(file, text =>
    {
        text.WriteRow("start", "end", "service", "type", "pod");
        foreach (var fault in faults)
            text.WriteRow(CsvTime.Format(fault.StartNs), CsvTime.Format(fault.EndNs), fault.Service, fault.Type, fault.Pod);
    });
}
