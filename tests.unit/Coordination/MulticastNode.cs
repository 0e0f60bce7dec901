using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lab.Coordination;
using Lab.Coordination.Failures;
using Lab.Coordination.Multicast;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>A heartbeat, when there is no message.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MulticastTraffic(MulticastMessage? Message);

/// <summary>
/// A member that submits messages with numbers of their own. Its state is a fingerprint of all that it has delivered, and who has entered a draw;
/// some messages are a draw.
/// </summary>
internal sealed class MulticastNode : INode<MulticastTraffic>, IMulticastHost
{
    private readonly SimulatedHost<MulticastTraffic> _host;
    private readonly MulticastCluster _cluster;
    private readonly FailureDetector _detector;
    private readonly OrderedDraw _draw = new(every: 5);
    private bool _isTurnEnding;

    public MulticastNode(SimulatedHost<MulticastTraffic> host, MulticastCluster cluster)
    {
        (_host, _cluster) = (host, cluster);
        _detector = new FailureDetector(cluster.Detection);
        Multicast = new OrderedMulticast(this, cluster.Ids, (long)host.Process << 32, cluster.Options, cluster.Places?[host.Id] ?? 0);
    }

    public OrderedMulticast Multicast { get; }

    /// <summary>Fingerprint of everything delivered in this era.</summary>
    public ulong State { get; private set; }

    public int Id => _host.Id;

    public int Process => _host.Process;

    public Random Random => _host.Random;

    public void Start()
    {
        foreach (var node in _cluster.Ids.Where(node => node != Id))
        {
            _detector.Watch(node, _host.NowUs);
        }

        _host.SetTimer("heartbeat", 0);
        _host.SetTimer("submit", Random.NextInt64(_cluster.SubmitEveryUs));
        Multicast.Start();
    }

    public void Receive(int from, MulticastTraffic message)
    {
        if (_detector.Heard(from, _host.NowUs))
        {
            Multicast.Trust(from);
        }

        if (message.Message is { } multicast)
        {
            Multicast.Receive(from, multicast);
        }

        EndTurn();
    }

    public void Fire(string timer)
    {
        if (timer == "submit")
        {
            if (_host.Simulator.NowUs < _cluster.SubmitUntilUs)
            {
                _host.SetTimer("submit", Random.NextInt64(2 * _cluster.SubmitEveryUs));
                Submit(Random.Next(8) == 0 ? 20 : Random.Next(1, 3));
            }
        }
        else if (!Multicast.Fire(timer))
        {
            _host.SetTimer("heartbeat", _cluster.Detection.HeartbeatUs);
            foreach (var node in _cluster.Ids)
            {
                if (node != Id)
                {
                    _host.Send(node, default);
                }
            }

            foreach (var silent in _detector.Check(_host.NowUs))
            {
                Seeds.Tell(_host.Simulator.NowUs, $"node {Id} suspects {silent}");
                Multicast.Suspect(silent);
            }
        }

        EndTurn();
    }

    public void Disconnected(int node)
    {
        _detector.Suspect(node);
        Multicast.Suspect(node);
        EndTurn();
    }

    public void Send(int to, MulticastMessage message) => _host.Send(to, new MulticastTraffic(_cluster.UsesBytes ? Copy(message) : message));

    public void SetTimer(string timer, long delayUs) => _host.SetTimer(timer, delayUs);

    public void ClaimView(GroupView view) => Ask(view);

    public void ReadView() => Ask(null);

    public void Deliver(long place, int sender, long number, ReadOnlyMemory<byte> payload)
    {
        var id = BinaryPrimitives.ReadInt64LittleEndian(payload.Span);
        State = Next(State, id);
        _cluster.Delivered(this, place, sender, number, id);
        _draw.Count(id);
        if (id % 40 == 0)
        {
            var seed = BinaryPrimitives.ReadInt64LittleEndian(payload.Span[8..]);
            _cluster.Drawn(this, place, _draw.Draw(_cluster.DrawsLocally ? Random.NextInt64() : seed));
        }

        if (sender == Id && Random.Next(10) == 0 && _host.Simulator.NowUs < _cluster.SubmitUntilUs)
        {
            Submit(1);
        }
    }

    public void ViewInstalled(GroupView view, long place)
    {
        if (view.Number == view.Era)
        {
            State = 0;
            _draw.Restore(0, []);
        }

        _cluster.Installed(this, view, place);
    }

    public ReadOnlyMemory<byte> Snapshot() => MemoryMarshal.AsBytes<long>([(long)State, _draw.Counted, .. _draw.Entries]).ToArray();

    public void Restore(long place, ReadOnlyMemory<byte> snapshot)
    {
        var numbers = MemoryMarshal.Cast<byte, long>(snapshot.Span);
        State = (ulong)numbers[0];
        _draw.Restore(numbers[1], numbers[2..].ToArray());
        _cluster.Restored(this, place);
    }

    public void Excluded(long firstLost, int lost) => _cluster.Excluded(this, firstLost, lost);

    public static ulong Next(ulong state, long id) => (state ^ (ulong)id) * 1099511628211 ^ (state >> 31);

    private void Ask(GroupView? claim) => _cluster.Register.Ask(_host, claim, current =>
    {
        Multicast.ViewAnswered(current);
        EndTurn();
    });

    private void Submit(int count)
    {
        Span<byte> payload = stackalloc byte[20];
        for (var index = 0; index < count; index++)
        {
            var id = _cluster.NextId();
            BinaryPrimitives.WriteInt64LittleEndian(payload, id);
            BinaryPrimitives.WriteInt64LittleEndian(payload[8..], Random.NextInt64());
            if (Multicast.TrySubmit(payload[..(16 + (int)(id % 5))], out var number))
            {
                _cluster.Submitted(this, id, number);
            }
        }
    }

    /// <summary>Some hosts end their turn after each event, some after several, some never do.</summary>
    private void EndTurn()
    {
        switch ((_cluster.Simulator.Seed + Id) % 4)
        {
            case 0:
                break;
            case 1 when !_isTurnEnding:
                _isTurnEnding = true;
                _host.Complete(Random.NextInt64(1_000), () =>
                {
                    _isTurnEnding = false;
                    Multicast.EndTurn();
                });
                break;
            case 1:
                break;
            default:
                Multicast.EndTurn();
                break;
        }
    }

    private static MulticastMessage Copy(MulticastMessage message)
    {
        var writer = new ArrayBufferWriter<byte>();
        MulticastFormat.Write(message, writer);
        return MulticastFormat.TryRead(writer.WrittenSpan, out var copy, out var error) ? copy : throw new InvalidOperationException(error);
    }
}
