using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace MicroView.Verbs.Tests;

/// <summary>What the binding believes of the C headers: every struct, field and constant of it, as one equation each.</summary>
internal sealed record HeaderAssertion(string Expression, long Value)
{
    private const string Headers = """
        #include <stddef.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <poll.h>
        #include <sys/resource.h>
        #include <net/if.h>
        #include <infiniband/verbs.h>

        """;

    private static readonly Dictionary<string, string> NativeNames = new()
    {
        ["PollEntry"] = "pollfd", ["ResourceLimit"] = "rlimit",
        ["ibv_context.poll_cq"] = "ops.poll_cq", ["ibv_context.req_notify_cq"] = "ops.req_notify_cq", ["ibv_context.post_send"] = "ops.post_send",
        ["ibv_send_wr.remote_addr"] = "wr.rdma.remote_addr", ["ibv_send_wr.rkey"] = "wr.rdma.rkey",
    };

    private static readonly Dictionary<Type, string[]> NativeEnums = new()
    {
        [typeof(GidType)] = ["IBV_GID_TYPE_IB", "IBV_GID_TYPE_ROCE_V1", "IBV_GID_TYPE_ROCE_V2"],
        [typeof(PathMtu)] = ["IBV_MTU_256", "IBV_MTU_512", "IBV_MTU_1024", "IBV_MTU_2048", "IBV_MTU_4096"],
        [typeof(RegionAccess)] = ["0", "IBV_ACCESS_LOCAL_WRITE", "IBV_ACCESS_REMOTE_WRITE", "IBV_ACCESS_REMOTE_READ"],
        [typeof(QueuePairState)] = ["IBV_QPS_RESET", "IBV_QPS_INIT", "IBV_QPS_RTR", "IBV_QPS_RTS", "IBV_QPS_SQD", "IBV_QPS_SQE", "IBV_QPS_ERR"],
        [typeof(CompletionStatus)] =
        [
            "IBV_WC_SUCCESS", "IBV_WC_LOC_LEN_ERR", "IBV_WC_LOC_QP_OP_ERR", "IBV_WC_LOC_EEC_OP_ERR", "IBV_WC_LOC_PROT_ERR", "IBV_WC_WR_FLUSH_ERR",
            "IBV_WC_MW_BIND_ERR", "IBV_WC_BAD_RESP_ERR", "IBV_WC_LOC_ACCESS_ERR", "IBV_WC_REM_INV_REQ_ERR", "IBV_WC_REM_ACCESS_ERR", "IBV_WC_REM_OP_ERR",
            "IBV_WC_RETRY_EXC_ERR", "IBV_WC_RNR_RETRY_EXC_ERR", "IBV_WC_LOC_RDD_VIOL_ERR", "IBV_WC_REM_INV_RD_REQ_ERR", "IBV_WC_REM_ABORT_ERR",
            "IBV_WC_INV_EECN_ERR", "IBV_WC_INV_EEC_STATE_ERR", "IBV_WC_FATAL_ERR", "IBV_WC_RESP_TIMEOUT_ERR", "IBV_WC_GENERAL_ERR", "IBV_WC_TM_ERR",
            "IBV_WC_TM_RNDV_INCOMPLETE",
        ],
    };

    /// <summary>A file that compiles where every assertion holds.</summary>
    internal static string File(IEnumerable<HeaderAssertion> assertions) => assertions
        .Aggregate(new StringBuilder(Headers), (text, one) => text.Append(CultureInfo.InvariantCulture, $"_Static_assert(({one.Expression}) == {one.Value}, \"{one.Expression}\");\n"))
        .ToString();

    internal static HeaderAssertion[] All() => [.. Structs(), .. Constants(), .. Enums(), new("IF_NAMESIZE", Libc.InterfaceNameSize)];

    /// <summary>Every struct of the binding with explicit places: a new one is asserted without being listed here.</summary>
    private static IEnumerable<HeaderAssertion> Structs()
    {
        foreach (var type in typeof(VerbsDevice).Assembly.GetTypes().Where(type => type.IsValueType && type.IsExplicitLayout).OrderBy(type => type.Name, StringComparer.Ordinal))
        {
            var native = (type.Name == "ibv_gid" ? "union " : "struct ") + NativeNames.GetValueOrDefault(type.Name, type.Name);
            // Without a size it is the library's own, and only its first fields are known.
            if (type.StructLayoutAttribute!.Size > 0)
                yield return new($"sizeof({native})", Size(type));
            foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
            {
                var member = NativeNames.GetValueOrDefault($"{type.Name}.{field.Name}", field.Name);
                yield return new($"offsetof({native}, {member})", field.GetCustomAttribute<FieldOffsetAttribute>()!.Value);
                yield return new($"sizeof((({native} *)0)->{member})", Size(field.FieldType));
            }
        }
    }

    private static IEnumerable<HeaderAssertion> Constants() =>
        from field in typeof(VerbsValues).GetFields(BindingFlags.Static | BindingFlags.NonPublic)
        select new HeaderAssertion(field.Name, Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture));

    private static IEnumerable<HeaderAssertion> Enums() =>
        from pair in NativeEnums
        from value in pair.Value.Zip(Enum.GetValuesAsUnderlyingType(pair.Key).Cast<int>(), (native, value) => new HeaderAssertion(native, value))
        select value;

    /// <summary>Values that no C name stands beside; empty when the table is whole.</summary>
    internal static IEnumerable<string> Unnamed() =>
        from type in typeof(VerbsDevice).Assembly.GetExportedTypes()
        where type.IsEnum && (!NativeEnums.TryGetValue(type, out var names) || names.Length != Enum.GetValues(type).Length)
        select type.Name;

    private static int Size(Type type) => type.IsPointer || type.IsFunctionPointer
        ? nint.Size
        : (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
