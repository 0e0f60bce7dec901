using System.Runtime.InteropServices;
using Lab.Coordination.Multicast;

namespace Lab.Tests.Unit.Coordination;

/// <summary>A group on one thread without time: messages are delivered turn by turn, and timers fire when a test says so.</summary>
internal sealed class GroupInHand
{
    private const int MostTurns = 10_000;

    private readonly List<Sent> _sent = [];

    public GroupInHand(int members, MulticastOptions options)
    {
        Members = [.. Enumerable.Range(0, members).Select(id => new MemberInHand(this, id, members, options))];
        foreach (var member in Members)
        {
            member.Multicast.Start();
        }

        for (var tick = 0; tick < MostTurns && (View.Members.Count < members || Members.Any(member => member.Multicast.State != MulticastState.Active)); tick++)
        {
            Tick();
            RunTurns();
        }

        RunTurns();
    }

    public IReadOnlyList<MemberInHand> Members { get; }

    /// <summary>What the register holds.</summary>
    public GroupView View { get; private set; } = GroupView.None;

    /// <summary>Nothing passes to or from this one.</summary>
    public int? Silent { get; set; }

    /// <summary>A member submits so many messages, and ends its turn.</summary>
    public void Submit(int member, int count)
    {
        for (var index = 0; index < count; index++)
        {
            Assert.True(Members[member].Multicast.TrySubmit(new byte[8], out _));
        }

        Members[member].Multicast.EndTurn();
    }

    public void Tick()
    {
        foreach (var member in Members)
        {
            member.Multicast.Fire("multicast");
        }
    }

    /// <summary>Each member gets all that has been sent to it, then ends its turn; until nothing is sent any more. All that was sent.</summary>
    public List<Sent> RunTurns()
    {
        List<Sent> all = [];
        for (var turn = 0; turn < MostTurns && (_sent.Count > 0 || Members.Any(member => member.Asked is not null)); turn++)
        {
            var sent = _sent.ToList();
            _sent.Clear();
            all.AddRange(sent);
            foreach (var member in Members)
            {
                member.Answer();
                foreach (var (from, _, message) in sent.Where(one => one.To == member.Id && Silent != one.To && Silent != one.From))
                {
                    member.Multicast.Receive(from, message);
                }

                member.Multicast.EndTurn();
            }
        }

        return all;
    }

    private GroupView Claim(GroupView claim)
    {
        if (claim.Number == View.Number + 1)
        {
            View = claim;
        }

        return View;
    }

    /// <summary>A message on its way.</summary>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Sent(int From, int To, MulticastMessage Message);

    internal sealed class MemberInHand : IMulticastHost
    {
        private readonly GroupInHand _group;

        public MemberInHand(GroupInHand group, int id, int members, MulticastOptions options)
        {
            (_group, Id) = (group, id);
            Multicast = new OrderedMulticast(this, [.. Enumerable.Range(0, members)], 1, options);
        }

        public OrderedMulticast Multicast { get; }

        public List<(long Place, int Sender, long Number, int Length)> Delivered { get; } = [];

        public (long First, int Count)? Lost { get; private set; }

        /// <summary>What the register has been asked and has not answered.</summary>
        public Func<GroupView>? Asked { get; private set; }

        public int Id { get; }

        public Random Random { get; } = new(1);

        public void Answer()
        {
            if (Asked is { } asked)
            {
                Asked = null;
                Multicast.ViewAnswered(asked());
            }
        }

        public void Send(int to, MulticastMessage message) => _group._sent.Add(new Sent(Id, to, message));

        public void SetTimer(string timer, long delayUs)
        {
        }

        public void ClaimView(GroupView view) => Asked = () => _group.Claim(view);

        public void ReadView() => Asked = () => _group.View;

        public void Deliver(long place, int sender, long number, ReadOnlyMemory<byte> payload) => Delivered.Add((place, sender, number, payload.Length));

        public void ViewInstalled(GroupView view, long place)
        {
        }

        public ReadOnlyMemory<byte> Snapshot() => default;

        public void Restore(long place, ReadOnlyMemory<byte> snapshot)
        {
        }

        public void Excluded(long firstLost, int lost) => Lost = (firstLost, lost);
    }
}
