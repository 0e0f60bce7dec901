using System.Diagnostics;
using Lab.Journal;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>Does what commands ask for, and says what came of it.</summary>
internal sealed class CommandRunner(SupervisorClient supervisor, MarketClient client)
{
    private static readonly TimeSpan ElectionPatience = TimeSpan.FromSeconds(10);

    /// <summary>The first sale of a new trader is told of, when it comes soon.</summary>
    private static readonly TimeSpan EventWait = TimeSpan.FromSeconds(1);

    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task<CommandAnswer> RunAsync(MarketCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return command switch
            {
                SteerPeer steer => await SteerAsync(steer, cancellationToken),
                BuyGoods buy => await BuyAsync(buy, cancellationToken),
                DepositGoods deposit => await DepositAsync(deposit, cancellationToken),
                OpenNewMarket open => await OpenAsync(open, cancellationToken),
                ReopenMarket => await ReopenAsync(cancellationToken),
                RepairJournal repair => await RepairAsync(repair, cancellationToken),
                ShowStatus status => CommandAnswer.Done(StatusReport.Of(
                    await new MarketWatch(supervisor, client).LookAsync(cancellationToken), status.AsJson)),
                ShowHelp => CommandAnswer.Done([.. CommandParser.Help]),
                _ => CommandAnswer.Done(),
            };
        }
        catch (RefusedException exception)
        {
            return new CommandAnswer(ExitCode.Refused, [Explain(exception)]);
        }
        catch (Exception exception) when (exception is SupervisorException or TradingPostException)
        {
            return new CommandAnswer(ExitCode.Refused, [exception.Message]);
        }
        catch (HttpRequestException exception)
        {
            return new CommandAnswer(ExitCode.Unreachable, [$"the supervisor does not answer: {exception.Message}. Is the lab still up?"]);
        }
    }

    private async Task<CommandAnswer> SteerAsync(SteerPeer steer, CancellationToken cancellationToken)
    {
        var before = await OpenMarketAsync(cancellationToken);
        await supervisor.SteerAsync(steer.Action, steer.Peer, cancellationToken);
        var who = (steer.Peer ?? before.Trader) is { } peer ? $"peer {peer}" : "the trader";
        var traded = steer.Peer is null || steer.Peer == before.Trader;
        var done = who + steer.Action switch
        {
            SteerAction.Kill => traded ? ", which traded, is killed" : " is killed",
            SteerAction.Pause => traded ? ", which traded, is stopped" : " is stopped",
            SteerAction.Resume => " runs again",
            SteerAction.Restart => " is started anew",
            _ => " was asked to resign",
        };
        return traded && steer.Action is (SteerAction.Kill or SteerAction.Pause or SteerAction.Resign)
            ? CommandAnswer.Done(done, await NextTraderAsync(before, cancellationToken))
            : CommandAnswer.Done(done);
    }

    /// <summary>Whoever ends a term wants to know how long the next one took to begin.</summary>
    private async Task<string> NextTraderAsync(MarketState before, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        // From what ended the term: that is where an election begins.
        var events = new List<MarketEvent>();
        var after = before.LastEvent;
        while (Stopwatch.GetElapsedTime(begun) < ElectionPatience)
        {
            var more = await supervisor.EventsAsync(after, EventWait, cancellationToken);
            events.AddRange(more);
            after = more.Count > 0 ? more[^1].Number : after;
            if (ElectionTimes.Last(events) is { } election && election.Term > before.Term)
            {
                return MarketView.Describe(election);
            }
        }

        return $"after {ElectionPatience.TotalSeconds:0} s nobody trades yet";
    }

    private async Task<CommandAnswer> BuyAsync(BuyGoods buy, CancellationToken cancellationToken)
    {
        var done = await client.BuyAsync(await OpenMarketAsync(cancellationToken), buy.Good, buy.Quantity, cancellationToken);
        return CommandAnswer.Done(
            $"bought {Pieces(buy.Good, buy.Quantity)} from {(done.Seller == MarketClient.Participant ? "yourself" : $"peer {done.Seller}")} for {done.Price} coins, in term {done.Term}");
    }

    private async Task<CommandAnswer> DepositAsync(DepositGoods deposit, CancellationToken cancellationToken)
    {
        var done = await client.DepositAsync(await OpenMarketAsync(cancellationToken), deposit.Good, deposit.Quantity, cancellationToken);
        return CommandAnswer.Done($"the trader keeps {Pieces(deposit.Good, deposit.Quantity)} for you, since term {done.Term}");
    }

    private async Task<CommandAnswer> OpenAsync(OpenNewMarket open, CancellationToken cancellationToken)
    {
        var market = await supervisor.OpenAsync(open.Settings, cancellationToken);
        return CommandAnswer.Done($"market {market.Number} is open: {OpenSettings.Describe(market.Settings)}");
    }

    private async Task<CommandAnswer> ReopenAsync(CancellationToken cancellationToken) => await supervisor.ReopenAsync(cancellationToken) is { } market
        ? CommandAnswer.Done($"market {market.Number} is open: {OpenSettings.Describe(market.Settings)}")
        : throw SupervisorException.NoMarket("none is kept");

    private async Task<CommandAnswer> RepairAsync(RepairJournal repair, CancellationToken cancellationToken)
    {
        var steps = await supervisor.PlanRepairAsync(cancellationToken);
        if (steps.Count == 0)
        {
            return CommandAnswer.Done("the journal needs no repair: whoever trades next can go on with all that was acknowledged");
        }

        List<string> lines = [.. steps.SelectMany(Describe)];
        if (!repair.IsAgreed)
        {
            return new CommandAnswer(ExitCode.Refused, [.. lines, "nothing is changed yet: 'repair --yes' goes on without it, and keeps the damaged files under another name"])
            {
                Question = "Go on without it?",
                IfAgreed = new RepairJournal(IsAgreed: true) { Seen = steps },
            };
        }

        await supervisor.RepairAsync(repair.Seen ?? steps, cancellationToken);
        return CommandAnswer.Done([.. lines, $"repaired: the damaged files are kept beside the journal, with {JournalRepair.Aside}TIME at the end of their names; the market is open again"]);
    }

    private static IEnumerable<string> Describe(RepairStep step)
    {
        yield return $"{step.File}, byte {step.At}: {step.Why}";
        yield return step.Kept == 0
            ? $"  lost: all of term {step.Term}; {step.LostRecords} records can still be read there, {step.LostSales} of them sales, but not what they follow"
            : $"  lost: what term {step.Term} has behind byte {step.Kept}; {step.LostRecords} records can still be read there, {step.LostSales} of them sales, but not what they follow";
    }

    private async Task<MarketState> OpenMarketAsync(CancellationToken cancellationToken) =>
        await supervisor.StateAsync(cancellationToken) ?? throw SupervisorException.NoMarket(supervisor.WhyClosed);

    private static string Explain(RefusedException refused) => refused.Reason switch
    {
        RefusalReason.NoSeller => "nobody sells so many pieces of it now; nothing was bought",
        RefusalReason.Busy => "more requests wait than the trader takes; nothing was done",
        RefusalReason.Invalid => "the trader takes no such quantity, or no more participants; nothing was done",
        _ => $"{refused.Message}; nothing was done",
    };

    private static string Pieces(Good good, int quantity) => $"{quantity} {good.ToString().ToLowerInvariant()}";
}

/// <summary>What came of a command.</summary>
/// <param name="Code">One of <see cref="ExitCode"/>.</param>
/// <param name="Lines">For the user.</param>
internal sealed record CommandAnswer(int Code, IReadOnlyList<string> Lines)
{
    public bool IsDone => Code == ExitCode.Done;

    /// <summary>What a user who is there is asked; null: nothing.</summary>
    public string? Question { get; init; }

    /// <summary>What is done after a yes to that.</summary>
    public MarketCommand? IfAgreed { get; init; }

    public static CommandAnswer Done(params IReadOnlyList<string> lines) => new(ExitCode.Done, lines);
}
