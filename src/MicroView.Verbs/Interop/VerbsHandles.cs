namespace MicroView.Verbs;

// What libibverbs makes, and the function that ends each.

internal sealed unsafe class ContextHandle() : VerbsHandle(null)
{
    protected override int Destroy(nint created) => Ibverbs.ibv_close_device((void*)created);
}

internal sealed unsafe class DomainHandle(ContextHandle context) : VerbsHandle(context)
{
    protected override int Destroy(nint created) => Ibverbs.ibv_dealloc_pd((void*)created);
}

/// <param name="domain">Its domain.</param>
/// <param name="owner">Whose memory it is.</param>
internal sealed unsafe class RegionHandle(DomainHandle domain, object? owner) : VerbsHandle(domain, owner)
{
    protected override int Destroy(nint created) => Ibverbs.ibv_dereg_mr((void*)created);
}

internal sealed unsafe class ChannelHandle(ContextHandle context) : VerbsHandle(context)
{
    protected override int Destroy(nint created) => Ibverbs.ibv_destroy_comp_channel((void*)created);
}

/// <param name="channel">Holds the context.</param>
internal sealed unsafe class CompletionQueueHandle(ChannelHandle channel) : VerbsHandle(channel)
{
    protected override int Destroy(nint created) => Ibverbs.ibv_destroy_cq((void*)created);
}

internal sealed unsafe class QueuePairHandle(DomainHandle domain, CompletionQueueHandle completions) : VerbsHandle(domain, completions)
{
    protected override int Destroy(nint created) => Ibverbs.ibv_destroy_qp((void*)created);
}
