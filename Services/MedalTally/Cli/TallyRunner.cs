using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Coordination.Clocks;
using Lab.MedalTally.Api;
using Lab.MedalTally.Client;
using Lab.MedalTally.Dispatch;
using Lab.MedalTally.Group;
using Lab.MedalTally.Tables;
using Lab.Terminal;

namespace Lab.MedalTally.Cli;

/// <summary>Does what commands ask for, and says what came of it.</summary>
internal sealed class TallyRunner(TallyAddress address, bool isTwoTier) : IDisposable
{
    private const int Width = 160;
    private const string NoGroup = "no group is open; 'group open' opens one";

    /// <summary>How far the clocks of a new group are wrong, at most; otherwise there would be nothing to see.</summary>
    private const long MostOffsetUs = 5_000_000;

    private const int MostDriftPpm = 100;
    private const int MostAttempts = 20;

    private static readonly TimeSpan AgreementPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>One line: whoever reads a pipe finds its end.</summary>
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly TallyAdmin _admin = new(address);
    private readonly SemaphoreSlim _requests = new(1);
    private readonly MedalTallyClient _client = address.NewClient(isTwoTier);

    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task<TallyAnswer> RunAsync(TallyCommand command, CancellationToken cancellationToken)
    {
        if (command.IsOfTwoTiers && !isTwoTier)
        {
            return new TallyAnswer(ExitCode.Usage, ["one tier has no front-ends, no group and no raffle: leave --tier single out"]);
        }

        try
        {
            var (lines, value) = await DoAsync(command, cancellationToken);
            return TallyAnswer.Done(command.AsJson && value is not null ? [JsonSerializer.Serialize(value, Json)] : lines);
        }
        catch (TallyException exception)
        {
            return new TallyAnswer(ExitCode.Refused, [Explain(exception)]);
        }
        catch (TallyAdminException exception)
        {
            return new TallyAnswer(ExitCode.Refused, [exception.Message == "no group is open" ? NoGroup : exception.Message]);
        }
        catch (OutcomeUnknownException exception)
        {
            return new TallyAnswer(ExitCode.Refused, [$"nobody knows whether it was done ({exception.Message}): look at the board before you do it again"]);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TimeoutException)
        {
            return new TallyAnswer(ExitCode.Unreachable, [$"the medal tally does not answer: {exception.Message}. Is the lab still up? ./lab doctor tells what is missing"]);
        }
    }

    public void Dispose()
    {
        _admin.Dispose();
        _client.Dispose();
        _requests.Dispose();
    }

    private async Task<(IReadOnlyList<string> Lines, object? Value)> DoAsync(TallyCommand command, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case ShowBoard:
                var board = await ReadAsync(client => client.GetBoardAsync(cancellationToken), cancellationToken);
                return (PlainText.Of(TallyReport.Board(board, new Dictionary<string, DateTime>(StringComparer.Ordinal), DateTime.Now, Width), Width), board);
            case ShowTally show:
                return Told(await ReadAsync(client => client.GetMedalTallyAsync(Catalog.Teams[show.Team], cancellationToken), cancellationToken));
            case ShowScore show:
                return Told(await ReadAsync(client => client.GetScoreAsync(Catalog.Events[show.Event], cancellationToken), cancellationToken));
            case AddMedal add:
                return Told(await WriteAsync(
                    client => client.IncrementAsync(Catalog.Teams[add.Team], Catalog.Medals[(int)add.Medal], cancellationToken), cancellationToken));
            case SetScore set:
                return Told(await WriteAsync(client => client.SetScoreAsync(Catalog.Events[set.Event], set.Rome, set.Gaul, cancellationToken), cancellationToken));
            case ShowRaffle:
                var raffle = await ReadAsync(client => client.GetRaffleAsync(cancellationToken), cancellationToken);
                return (TallyReport.Raffle(raffle), raffle);
            case DrawWinner:
                var drawn = await WriteAsync(client => client.DrawAsync(cancellationToken), cancellationToken);
                return ([drawn.Winner is { } winner
                    ? string.Create(CultureInfo.InvariantCulture, $"the winner is {TallyReport.Printable(winner.Client)}, by request {winner.Place}; every front-end says so")
                    : string.Create(CultureInfo.InvariantCulture, $"nobody was in the raffle; every {Raffle.Every}th request of the order enters it")], drawn);
            case ShowHelp:
                return (TallyParser.Help, null);
            case FrontEndCommand about:
                return await DoAsync(about, cancellationToken);
            default:
                return (["updates are shown as they come"], null);
        }
    }

    private async Task<(IReadOnlyList<string> Lines, object? Value)> DoAsync(FrontEndCommand command, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case ShowFrontEnds:
                return Table(await _admin.FrontEndsAsync(cancellationToken));
            case SetFrontEnds set:
                return Table(await _admin.SetFrontEndsAsync(set.Count, cancellationToken));
            case KillFrontEnd kill:
                var before = (await _admin.FrontEndsAsync(cancellationToken)).FirstOrDefault(frontEnd => frontEnd.Number == kill.Number);
                var after = await _admin.KillAsync(kill.Number, cancellationToken);
                return ([FormattableString.Invariant($"front-end {kill.Number} (pid {before?.Pid}) is killed: its clients go to another one, and it is started again")], after);
            case OpenGroup open:
                var opened = await OpenAsync(open.Order, cancellationToken);
                return ([
                    FormattableString.Invariant($"a group of {opened.Count} members is open, requests are ordered {(open.Order == RequestOrder.Symmetric ? "by all of them" : "by a sequencer")}; their clocks began up to {MostOffsetUs / 1_000_000} s wrong"),
                    .. PlainText.Of(TallyReport.Group(opened), Width)], opened);
            case ShowGroup:
                var states = await _admin.GroupAsync(await _admin.FrontEndsAsync(cancellationToken), cancellationToken);
                return states.Count == 0 ? throw new TallyAdminException(NoGroup) : (PlainText.Of(TallyReport.Group(states), Width), states);
            default:
                await _admin.CloseGroupAsync(cancellationToken);
                return (["no group is open any more: requests have no order"], null);
        }
    }

    /// <summary>All front-ends that serve, and the database server; returns when they follow one leader, are in one view and have corrected their clocks.</summary>
    private async Task<IReadOnlyList<GroupState>> OpenAsync(RequestOrder order, CancellationToken cancellationToken)
    {
        var frontEnds = await _admin.FrontEndsAsync(cancellationToken);
        var members = frontEnds.Count + 1;
        await _admin.OpenGroupAsync(
            new GroupSettings
            {
                Run = Random.Shared.NextInt64(1, long.MaxValue),
                Members = members,
                Order = order,
                OffsetsUs = [.. Enumerable.Range(0, members).Select(_ => Random.Shared.NextInt64(-MostOffsetUs, MostOffsetUs + 1))],
                DriftsPpm = [.. Enumerable.Range(0, members).Select(_ => Random.Shared.Next(-MostDriftPpm, MostDriftPpm + 1))],
            },
            cancellationToken);
        IReadOnlyList<GroupState> states = [];
        for (var deadline = DateTime.UtcNow + AgreementPatience; DateTime.UtcNow < deadline; await Task.Delay(Pause, cancellationToken))
        {
            states = await _admin.GroupAsync(await _admin.FrontEndsAsync(cancellationToken), cancellationToken);
            if (states.Count == members && IsWhole(states))
            {
                return states;
            }
        }

        throw new TallyAdminException(FormattableString.Invariant(
            $"a group was opened, but within {AgreementPatience.TotalSeconds:0} s only {states.Count} of {members} members have answered and agreed; 'group' shows how far they are"));
    }

    private static bool IsWhole(IReadOnlyList<GroupState> states) =>
        states[0].Leader is { } leader && states.All(state => state.Leader == leader && state.Members.Count == states.Count)
        && states.First(state => state.Id == leader).Rounds is [.., var round] && round.Members.All(member => member.State == ClockMemberState.Corrected);

    /// <summary>A read may be tried again, elsewhere, as often as one likes.</summary>
    private Task<T> ReadAsync<T>(Func<MedalTallyClient, Task<T>> ask, CancellationToken cancellationToken) =>
        AskAsync(ask, static exception => exception is IOException or TallyException { IsTransient: true }, cancellationToken);

    /// <summary>A write is tried again only when it cannot have been done.</summary>
    private async Task<T> WriteAsync<T>(Func<MedalTallyClient, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(
                ask,
                static exception => exception is TallyException { Status: HttpStatusCode.ServiceUnavailable } or IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } },
                cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException || (exception is IOException && exception.InnerException is not SocketException { SocketErrorCode: SocketError.ConnectionRefused }))
        {
            throw new OutcomeUnknownException(exception.Message, exception);
        }
    }

    private async Task<T> AskAsync<T>(Func<MedalTallyClient, Task<T>> ask, Func<Exception, bool> isWorthAnother, CancellationToken cancellationToken)
    {
        await _requests.WaitAsync(cancellationToken);
        try
        {
            // Since the last command its front-end may have died.
            _client.Forget();
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await _client.ReadyAsync(cancellationToken);
                    return await ask(_client);
                }
                catch (Exception exception) when (attempt < MostAttempts && isWorthAnother(exception))
                {
                    await Task.Delay(Pause, cancellationToken);
                }
            }
        }
        finally
        {
            _requests.Release();
        }
    }

    private static (IReadOnlyList<string> Lines, object? Value) Told(TeamMedals tally) => ([UpdateLines.Medals(tally)], tally);

    private static (IReadOnlyList<string> Lines, object? Value) Told(EventScore score) => ([UpdateLines.Score(score)], score);

    private static (IReadOnlyList<string> Lines, object? Value) Table(IReadOnlyList<FrontEndState> states) =>
        (PlainText.Of(TallyReport.FrontEnds(states, own: null), Width), states);

    private static string Explain(TallyException exception) => exception switch
    {
        { IsOutcomeUnknown: true } => $"nobody knows whether it was done ({exception.Message}): look at the board before you do it again",
        { Message: "no group is open" } => NoGroup,
        { IsTransient: true } => $"{exception.Message}; nothing was done: try again a little later",
        _ => exception.Message,
    };

    /// <summary>A write was sent, and its answer did not come.</summary>
    private sealed class OutcomeUnknownException(string message, Exception reason) : Exception(message, reason);
}

/// <summary>What came of a command.</summary>
/// <param name="Code">One of <see cref="ExitCode"/>.</param>
/// <param name="Lines">For the user.</param>
internal sealed record TallyAnswer(int Code, IReadOnlyList<string> Lines)
{
    public bool IsDone => Code == ExitCode.Done;

    public static TallyAnswer Done(IReadOnlyList<string> lines) => new(ExitCode.Done, lines);
}
