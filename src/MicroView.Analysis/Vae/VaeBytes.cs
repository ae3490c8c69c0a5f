using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace MicroView.Analysis;

/// <summary>
/// A trained VAE as bytes, little-endian, version 1: magic "MVVAEMDL"; u16 version, 64, 32, latent width; u32 d; u32 reserved; f64
/// threshold, its percentile; i64 training rows; u64 reserved; the service, then d names, each u16 length and UTF-8; d f64 means; d f64
/// deviations (+∞: ignored); the six layers, each its weights row-major, then its biases, f32; u32 CRC-32 of all before it. Thread-safe. Source: a format of ours.
/// </summary>
public static class VaeBytes
{
    /// <summary>Bytes of a file at most; the largest model has about 10 MiB.</summary>
    public const int MaxLength = 64 << 20;

    private const ushort Version = 1;
    private const int FixedLength = 56;
    private const int MaxName = 4096;
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Magic => "MVVAEMDL"u8;

    /// <summary>The bytes of <paramref name="model"/>.</summary>
    /// <exception cref="ArgumentException">A name is longer than 4096 bytes, or the names are not one per metric.</exception>
    public static byte[] Write(VaeModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Names.Count != model.Dimension)
            throw new ArgumentException($"There are {model.Names.Count} names for {model.Dimension} metrics.", nameof(model));
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, s_utf8);
        writer.Write(Magic);
        foreach (var number in (int[])[Version, VaeModel.OuterWidth, VaeModel.InnerWidth, model.Latent])
            writer.Write((ushort)number);
        writer.Write(model.Dimension);
        writer.Write(0);
        writer.Write(model.Threshold);
        writer.Write(model.ThresholdPercentile);
        writer.Write(model.TrainingRows);
        writer.Write(0L);
        foreach (var name in model.Names.Prepend(model.Service))
            WriteName(writer, name);
        foreach (var value in model.Means)
            writer.Write(value);
        foreach (var value in model.Deviations)
            writer.Write(value);
        foreach (var layer in model.Layers)
        {
            foreach (var weight in layer.Weights)
                writer.Write(weight);
            foreach (var weight in layer.Bias)
                writer.Write(weight);
        }
        writer.Flush();
        writer.Write(Crc32.HashToUInt32(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>The model that <paramref name="bytes"/> hold, whoever wrote them.</summary>
    /// <exception cref="InvalidDataException">They are not a model of this version, or damaged; one line says what is wrong.</exception>
    public static VaeModel Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedLength + sizeof(uint) || !bytes[..8].SequenceEqual(Magic))
            throw new InvalidDataException("this is not a trained VAE");
        var reader = new Reader(bytes[8..^sizeof(uint)]);
        var version = reader.UInt16();
        if (version != Version)
            throw new InvalidDataException($"the model is of version {version}, only version {Version} can be read");
        // Before anything is believed: what the checksum does not cover cannot be told from what was meant.
        if (Crc32.HashToUInt32(bytes[..^sizeof(uint)]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]))
            throw new InvalidDataException("the model is damaged or cut short: its checksum is wrong");
        var (outer, inner, latent) = (reader.UInt16(), reader.UInt16(), reader.UInt16());
        if ((outer, inner) != (VaeModel.OuterWidth, VaeModel.InnerWidth))
            throw new InvalidDataException($"the model's hidden layers are {outer} and {inner} wide, not {VaeModel.OuterWidth} and {VaeModel.InnerWidth}");
        var dimension = reader.Int32();
        if (dimension is < 1 or > VaeModel.MaxDimension || latent is < 1 or > VaeModel.MaxLatent)
            throw new InvalidDataException($"the model is of {dimension} metrics with a latent width of {latent}, which is not possible");
        if (reader.Int32() != 0)
            throw new InvalidDataException("the model has reserved bytes that are not 0");
        return Read(ref reader, dimension, latent);
    }

    private static VaeModel Read(ref Reader reader, int dimension, int latent)
    {
        var (threshold, percentile, rows) = (reader.Double(), reader.Double(), reader.Int64());
        if (!(threshold is >= 0 and <= double.MaxValue && percentile is > 0 and <= 100 && rows >= 0))
            throw new InvalidDataException($"the model's threshold is {threshold}, percentile {percentile} of {rows} errors, which is not possible");
        if (reader.Int64() != 0)
            throw new InvalidDataException("the model has reserved bytes that are not 0");
        var service = reader.Name();
        var names = new string[dimension];
        for (var i = 0; i < names.Length; i++)
            names[i] = reader.Name();
        CheckNames(names);
        var (means, deviations) = (reader.Doubles(dimension), reader.Doubles(dimension));
        var layers = new List<DenseWeights>();
        try
        {
            foreach (var (inputs, outputs) in VaeModel.Widths(dimension, latent))
                layers.Add(new DenseWeights(inputs, outputs, reader.Floats(inputs * outputs), reader.Floats(outputs)));
            reader.End();
            return new VaeModel(layers, means, deviations)
            {
                Service = service, Names = names, Threshold = threshold, ThresholdPercentile = percentile, TrainingRows = rows,
            };
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"the model cannot be used: {error.Message}", error);
        }
    }

    private static void CheckNames(string[] names)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            if (name.Length > 0 && !known.Add(name))
                throw new InvalidDataException($"the model has two metrics named '{name}'");
        if (known.Count != 0 && known.Count != names.Length)
            throw new InvalidDataException($"the model names {known.Count} of its {names.Length} metrics; all have names, or none has");
    }

    private static void WriteName(BinaryWriter writer, string name)
    {
        var bytes = s_utf8.GetBytes(name);
        if (bytes.Length > MaxName)
            throw new ArgumentException($"A name has {bytes.Length} bytes; at most {MaxName} are taken: '{name[..80]}…'.");
        writer.Write((ushort)bytes.Length);
        writer.Write(bytes);
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

        public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

        public double[] Doubles(int count)
        {
            var bytes = Take(count * (long)sizeof(double));
            var values = new double[count];
            for (var i = 0; i < count; i++)
                values[i] = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(i * sizeof(double))..]);
            return values;
        }

        public float[] Floats(int count)
        {
            var bytes = Take(count * (long)sizeof(float));
            var values = new float[count];
            for (var i = 0; i < count; i++)
                values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
            return values;
        }

        public string Name()
        {
            var length = UInt16();
            if (length > MaxName)
                throw new InvalidDataException($"the model has a name of {length} bytes; at most {MaxName} are taken");
            try
            {
                return s_utf8.GetString(Take(length));
            }
            catch (DecoderFallbackException error)
            {
                throw new InvalidDataException("the model has a name that is not UTF-8", error);
            }
        }

        public readonly void End()
        {
            if (!_rest.IsEmpty)
                throw new InvalidDataException($"the model has {_rest.Length} bytes too many");
        }

        private ReadOnlySpan<byte> Take(long length)
        {
            if (length > _rest.Length)
                throw new InvalidDataException("the model is cut short");
            var taken = _rest[..(int)length];
            _rest = _rest[(int)length..];
            return taken;
        }
    }
}
