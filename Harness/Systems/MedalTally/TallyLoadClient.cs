using Lab.Harness.Load;
using Lab.MedalTally.Client;
using Lab.MedalTally.Tables;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>One client: adds medals to its team, asks for scores, or does either by turns of chance; checks every answer.</summary>
/// <param name="client">Its own.</param>
/// <param name="index">Which client it is, from 0.</param>
/// <param name="writeShare">Of its requests, these (0 to 1) add a medal.</param>
/// <param name="random">Chooses.</param>
internal sealed class TallyLoadClient(MedalTallyClient client, int index, double writeShare, Random random) : LoadClient(index), IDisposable
{
    private readonly string _team = Catalog.Teams[index % Catalog.Teams.Count];
    private readonly long[] _seen = new long[Catalog.Medals.Count];

    public MedalTallyClient Client => client;

    /// <summary>The number of its team.</summary>
    public int Team => Index % Catalog.Teams.Count;

    /// <summary>Increments that were acknowledged, by medal.</summary>
    public long[] Acknowledged { get; } = new long[Catalog.Medals.Count];

    /// <summary>Increments of which nobody knows, by medal.</summary>
    public long[] InDoubt { get; } = new long[Catalog.Medals.Count];

    /// <summary>The score that everybody must be told.</summary>
    public static (long Rome, long Gaul) ScoreOf(int @event) => (7 + @event, 11 + (2 * @event));

    public override async ValueTask ReadyAsync(CancellationToken cancellationToken) => await client.ReadyAsync(cancellationToken);

    public override ValueTask OperateAsync(CancellationToken cancellationToken) =>
        writeShare > 0 && (writeShare >= 1 || random.NextDouble() < writeShare) ? IncrementAsync(cancellationToken) : GetScoreAsync(cancellationToken);

    public void Dispose() => client.Dispose();

    private async ValueTask IncrementAsync(CancellationToken cancellationToken)
    {
        var medal = random.Next(Catalog.Medals.Count);
        InDoubt[medal]++;
        try
        {
            var tally = await client.IncrementAsync(_team, Catalog.Medals[medal], cancellationToken);
            Acknowledged[medal]++;
            InDoubt[medal]--;
            var now = medal switch { 0 => tally.Gold, 1 => tally.Silver, _ => tally.Bronze };

            // Others add to the same team; but what is acknowledged can only grow, and its own medal is among it.
            if (tally.Team != _team || now <= _seen[medal])
            {
                throw new WrongAnswerException($"{_team} has {now} of {Catalog.Medals[medal]} after one was added to {_seen[medal]}");
            }

            _seen[medal] = now;
        }
        catch (TallyException refused) when (!refused.IsOutcomeUnknown)
        {
            InDoubt[medal]--;
            throw;
        }
    }

    private async ValueTask GetScoreAsync(CancellationToken cancellationToken)
    {
        var @event = random.Next(Catalog.Events.Count);
        var score = await client.GetScoreAsync(Catalog.Events[@event], cancellationToken);
        if (score.Event != Catalog.Events[@event] || (score.Rome, score.Gaul) != ScoreOf(@event))
        {
            throw new WrongAnswerException($"{Catalog.Events[@event]} has {ScoreOf(@event)}, and the answer is {score.Event} {score.Rome} {score.Gaul}");
        }
    }
}
