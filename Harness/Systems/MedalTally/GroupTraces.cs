using Lab.Harness.Archive;
using Lab.MedalTally.Group;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>Makes one trace of what the members of a group have noted.</summary>
internal static class GroupTraces
{
    /// <summary>
    /// What was sent and what was received belong together by their label; the same said twice in the order in which it was said, as
    /// connections keep it. What was sent and has not arrived by the end is left out.
    /// </summary>
    /// <param name="members">What each has noted, by its id.</param>
    /// <param name="beforeDeliveryUs">Where messages are delivered: what happened more than so much before the first delivery is left out.</param>
    /// <param name="longestUs">What happened later than this after the first of what is left is left out, too.</param>
    public static MessageTrace Join(IReadOnlyList<IReadOnlyList<GroupEvent>> members, double beforeDeliveryUs, double longestUs)
    {
        var all = members.SelectMany((events, member) => events.Select(happened => (Member: member, Event: happened))).OrderBy(happened => happened.Event.AtUs).ToList();
        if (all.Find(happened => happened.Event.Kind == GroupEventKind.Delivered) is { Event: { } first })
        {
            all.RemoveAll(happened => first.AtUs - happened.Event.AtUs > beforeDeliveryUs);
        }

        var beginUs = all.Count == 0 ? 0 : all[0].Event.AtUs;
        all.RemoveAll(happened => happened.Event.AtUs - beginUs > longestUs);
        var underWay = new Dictionary<(int From, int To, string Label), Queue<long>>();
        var (messages, events) = (new List<TracedMessage>(), new List<TracedEvent>());
        foreach (var (member, happened) in all)
        {
            switch (happened.Kind)
            {
                case GroupEventKind.Sent:
                    var key = (member, happened.Peer, happened.Label);
                    (underWay.TryGetValue(key, out var queue) ? queue : underWay[key] = new Queue<long>()).Enqueue(happened.AtUs);
                    break;
                case GroupEventKind.Received when underWay.TryGetValue((happened.Peer, member, happened.Label), out var sent) && sent.TryDequeue(out var sentUs):
                    messages.Add(new TracedMessage(happened.Label, happened.Peer, member, sentUs - beginUs, happened.AtUs - beginUs));
                    break;
                case GroupEventKind.Delivered or GroupEventKind.Stepped:
                    events.Add(new TracedEvent(happened.Label, member, happened.AtUs - beginUs));
                    break;
            }
        }

        return new MessageTrace(
            [.. Enumerable.Range(0, members.Count).Select(id => id == 0 ? "database server" : FormattableString.Invariant($"front-end {id}"))], messages, events);
    }
}
