using Lab.Coordination.Elections;

namespace Lab.Tests.Unit.Coordination;

/// <summary>Writes down what an election does, step by step.</summary>
internal sealed class RecordedElectionHost(int id, List<string> done) : IElectionHost
{
    public int Id => id;

    public Random Random { get; } = new(1);

    public void Send(int to, ElectionMessage message) => done.Add($"{to}: {message.Kind} {message.Term}");

    public void SetTimer(string timer, long delayUs) => done.Add($"timer {delayUs}");

    public void CancelTimer(string timer) => done.Add("no timer");

    public void ClaimTerm() => done.Add("claim");

    public Action? Confirmed { get; set; }

    public void ConfirmTerm(long term, int? leader)
    {
        if (Confirmed is { } confirmed)
        {
            confirmed();
        }
        else
        {
            done.Add($"is {term} {(leader is null ? "anybody" : leader)}'s?");
        }
    }

    public void LeaderChanged(int? leader, long term) => done.Add($"leader {(leader is null ? "none" : leader)} in {term}");
}
