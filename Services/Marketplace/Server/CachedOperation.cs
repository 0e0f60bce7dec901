using System.Diagnostics;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Protocol;
using Lab.Telemetry.Requests;
using Lab.Transport.Frames;

namespace Lab.Marketplace.Server;

/// <summary>A read whose result may be served from the cache, when the cache is on.</summary>
internal abstract class CachedOperation<TArguments, TResult>(string name, SessionCheck sessionCheck, ReadCache cache)
    : Operation<TArguments, TResult>(name, sessionCheck)
{
    /// <summary>Names the read with its arguments, and what a write can change about it.</summary>
    protected abstract (string Key, IReadOnlyList<string> Dependencies) Describe(TArguments arguments, Caller caller);

    protected sealed override async ValueTask<OutgoingFrame> RunAsync(TArguments arguments, Caller caller)
    {
        if (!cache.IsOn)
        {
            return await base.RunAsync(arguments, caller);
        }

        var (key, dependencies) = Describe(arguments, caller);
        var begun = Stopwatch.GetTimestamp();
        var lookup = await cache.LookupAsync(key, dependencies);
        caller.Trace?.Add(RequestStage.Cache, begun, Stopwatch.GetTimestamp());
        if (lookup.Json is { } json)
        {
            caller.Trace?.BeginReply();
            return ReplyFrame.Success(caller.RequestId, json.Span);
        }

        var result = await ExecuteAsync(arguments, caller);
        using var turn = await TurnForAsync(result);
        caller.Trace?.BeginReply();
        var fresh = ReplyFrame.ToJson(result, Write);
        cache.Store(key, lookup, fresh);
        return ReplyFrame.Success(caller.RequestId, fresh);
    }
}
