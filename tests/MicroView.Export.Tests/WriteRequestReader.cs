using System.Buffers.Binary;
using System.Text;

namespace MicroView.Export.Tests;

/// <summary>Reads a WriteRequest, independent of what writes it.</summary>
internal static class WriteRequestReader
{
    public static List<(List<(string Name, string Value)> Labels, List<(double Value, long Ms)> Samples)> Read(byte[] message)
    {
        var all = new List<(List<(string, string)>, List<(double, long)>)>();
        foreach (var (field, content) in Fields(message))
        {
            Assert.Equal(1, field);
            var (labels, samples) = (new List<(string, string)>(), new List<(double, long)>());
            foreach (var (part, bytes) in Fields(content))
            {
                if (part == 1)
                {
                    var texts = Fields(bytes);
                    Assert.Equal([1, 2], texts.Select(text => text.Field));
                    labels.Add((Encoding.UTF8.GetString(texts[0].Content), Encoding.UTF8.GetString(texts[1].Content)));
                }
                else
                {
                    Assert.Equal(2, part);
                    Assert.Equal(9, bytes[0]);
                    Assert.Equal(16, bytes[9]);
                    var at = 10;
                    samples.Add((BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(1)), (long)Varint(bytes, ref at)));
                    Assert.Equal(bytes.Length, at);
                }
            }
            all.Add((labels, samples));
        }
        return all;
    }

    private static List<(int Field, byte[] Content)> Fields(byte[] message)
    {
        var fields = new List<(int, byte[])>();
        for (var at = 0; at < message.Length;)
        {
            Assert.Equal(2, message[at] & 7);
            var field = message[at++] >> 3;
            var length = (int)Varint(message, ref at);
            fields.Add((field, message[at..(at + length)]));
            at += length;
        }
        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var (value, shift) = (0UL, 0);
        for (; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
