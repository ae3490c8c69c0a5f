using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Descriptors that the agent has handed out and no pod has taken yet. What is not taken is closed.</summary>
internal sealed class HandedFiles : IDisposable
{
    private readonly Dictionary<(string Pod, int Index, ulong Epoch), SafeFileHandle> _files = [];

    /// <summary>Takes over what came with a message.</summary>
    /// <exception cref="ControlProtocolException">It names another number of objects than it brought descriptors.</exception>
    public void Keep(FilesMessage named, ReceivedMessage received)
    {
        if (named.Objects.Count != received.Files.Count)
        {
            received.CloseFiles();
            throw new ControlProtocolException($"the agent names {named.Objects.Count} objects for {received.Files.Count} descriptors");
        }
        for (var i = 0; i < named.Objects.Count; i++)
        {
            var key = (named.Objects[i].Pod, named.Objects[i].Index, named.Objects[i].Epoch);
            if (_files.Remove(key, out var former))
                former.Dispose();
            _files.Add(key, received.Files[i]);
        }
    }

    /// <summary>Gives the files of a pod's objects from number <paramref name="from"/> on, in order; the caller owns them.</summary>
    /// <exception cref="InvalidDataException">One of them was not handed out.</exception>
    public List<SafeFileHandle> Take(PodLayout pod, int from)
    {
        var taken = new List<SafeFileHandle>();
        foreach (var wanted in pod.Objects.Skip(from))
        {
            if (_files.Remove((pod.Pod, wanted.Index, wanted.Epoch), out var file))
            {
                taken.Add(file);
                continue;
            }
            taken.ForEach(earlier => earlier.Dispose());
            throw new InvalidDataException($"the agent handed out no descriptor of object {wanted.Index}");
        }
        return taken;
    }

    /// <summary>Closes what is left; it can be filled again.</summary>
    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
        _files.Clear();
    }
}
