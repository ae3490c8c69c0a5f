using System.Buffers.Binary;
using System.IO.Hashing;
using CsCheck;

namespace MicroView.Analysis.Tests;

public sealed class VaeBytesTests
{
    [Fact]
    public void A_model_comes_back_bit_for_bit() =>
        Gen.Select(Gen.Int[1, 80], Gen.Int[1, 30], Gen.Bool, Gen.Int[0, 1_000_000]).Sample((dimension, latent, named, seed) =>
        {
            var untrained = VaeModel.Untrained(dimension, (ulong)seed, latent);
            var random = new Random(seed);
            double[] means = [.. Enumerable.Range(0, dimension).Select(_ => random.NextDouble() * 1e9)];
            double[] deviations = [.. Enumerable.Range(0, dimension).Select(_ => random.Next(5) == 0 ? double.PositiveInfinity : random.NextDouble() + 1e-9)];
            var model = new VaeModel(untrained.Layers, means, deviations)
            {
                Service = named ? "cärt/api" : "", Names = named ? VaeScene.Names(dimension) : untrained.Names,
                Threshold = random.NextDouble(), ThresholdPercentile = 99.9, TrainingRows = seed,
            };
            var bytes = VaeBytes.Write(model);
            var read = VaeBytes.Read(bytes);
            Assert.Equal(bytes, VaeBytes.Write(read));
            Assert.Equal((model.Service, model.Threshold, model.ThresholdPercentile, model.TrainingRows, named),
                (read.Service, read.Threshold, read.ThresholdPercentile, read.TrainingRows, read.IsNamed));
            Assert.Equal(model.Names, read.Names);
            Assert.Equal(means, read.Means.ToArray());
            Assert.Equal(deviations, read.Deviations.ToArray());
            for (var i = 0; i < 6; i++)
                Assert.Equal(model.Layers[i].Weights.ToArray(), read.Layers[i].Weights.ToArray());
        }, iter: 60);

    [Fact]
    public void Flipped_bits_and_cuts_are_noticed()
    {
        var bytes = VaeBytes.Write(VaeScene.Model(3, names: VaeScene.Names(3)));
        // All of the header and names, and a spread of the weights.
        for (var at = 0; at < bytes.Length; at += at < 300 ? 1 : 97)
            for (var bit = 0; bit < 8; bit++)
            {
                var hostile = (byte[])bytes.Clone();
                hostile[at] ^= (byte)(1 << bit);
                Assert.Throws<InvalidDataException>(() => VaeBytes.Read(hostile));
            }
        for (var length = 0; length < bytes.Length; length += length < 300 ? 1 : 501)
            Assert.Throws<InvalidDataException>(() => VaeBytes.Read(bytes.AsSpan(0, length)));
        Assert.Throws<InvalidDataException>(() => VaeBytes.Read([.. bytes, 0]));
    }

    /// <summary>The checksum of a forged file is right, so that what is behind it gets looked at.</summary>
    [Fact]
    public void A_forged_file_is_either_a_model_with_finite_scores_or_refused_in_one_line() =>
        Gen.Select(Gen.Int[8, 400], Gen.Byte.Array[1, 8], Gen.Int[0, 200]).Sample((at, forged, cut) =>
        {
            var bytes = VaeBytes.Write(VaeScene.Model(3, names: VaeScene.Names(3)));
            forged.CopyTo(bytes, at);
            bytes = cut % 4 == 0 ? bytes[..(bytes.Length - cut)] : bytes;
            Seal(bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var model = VaeBytes.Read(bytes);
                var detector = new VaeDetector(model.Dimension, new DetectorOptions { Vae = model });
                var row = new double[detector.Stride];
                row.AsSpan(0, model.Dimension).Fill(FeatureScaling.Limit);
                Assert.InRange(detector.Score(row, RowKernels.SquaredNorm(row)), 0, double.MaxValue);
            }
            catch (InvalidDataException error)
            {
                Assert.DoesNotContain('\n', error.Message);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }, iter: 3000);

    [Fact]
    public void What_is_wrong_is_said()
    {
        Check(bytes => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), 2), "version 2");
        Check(bytes => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(10), 128), "128 and 32 wide");
        Check(bytes => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), -1), "-1 metrics");
        Check(bytes => BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(24), double.NaN), "threshold is NaN");
        Check(bytes => BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(bytes.Length - 8), 1e30f), "weights lie within");
        var cut = VaeBytes.Write(VaeScene.Model(3))[..^40];
        Seal(cut);
        Assert.Contains("cut short", Complaint(cut), StringComparison.Ordinal);
        Assert.Contains("two metrics named 'a'", Complaint(VaeBytes.Write(VaeScene.Model(3, names: ["a", "b", "a"]))), StringComparison.Ordinal);
        Assert.Contains("names 1 of its 3", Complaint(VaeBytes.Write(VaeScene.Model(3, names: ["a", "", ""]))), StringComparison.Ordinal);
        Assert.Contains("not a trained VAE", Complaint("#!/bin/sh"u8.ToArray()), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => VaeBytes.Write(VaeScene.Model(1, names: [new string('x', 5000)])));

        static void Check(Action<byte[]> forge, string expected)
        {
            var bytes = VaeBytes.Write(VaeScene.Model(3));
            forge(bytes);
            Seal(bytes);
            Assert.Contains(expected, Complaint(bytes), StringComparison.Ordinal);
        }
    }

    private static string Complaint(byte[] bytes) => Assert.Throws<InvalidDataException>(() => VaeBytes.Read(bytes)).Message;

    private static void Seal(Span<byte> bytes) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[^4..], Crc32.HashToUInt32(bytes[..^4]));
}
