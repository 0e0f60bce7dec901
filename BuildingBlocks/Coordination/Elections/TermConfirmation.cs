namespace Lab.Coordination.Elections;

/// <summary>
/// Holds messages that speak of a term which is news until the store has confirmed that it gave it: of each node the latest, and
/// one question to the store at a time, however many messages come. Nodes take turns: who floods holds nobody else up.
/// </summary>
/// <param name="host">Asks the store.</param>
/// <param name="isNews">Whether a message has to wait. Asked again before the store is: another one may have told meanwhile.</param>
/// <param name="believe">Takes a message that need not wait, or that is confirmed.</param>
internal sealed class TermConfirmation(IElectionHost host, Func<ElectionMessage, bool> isNews, Action<int, ElectionMessage> believe)
{
    private readonly List<(int From, ElectionMessage Message)> _waiting = [];

    /// <summary>What the store is being asked about.</summary>
    private (int From, ElectionMessage Message)? _asked;

    public void Take(int from, ElectionMessage message)
    {
        if (!isNews(message))
        {
            believe(from, message);
            return;
        }

        var index = _waiting.FindIndex(waiting => waiting.From == from);
        if (index < 0)
        {
            _waiting.Add((from, message));
        }
        else
        {
            _waiting[index] = (from, message);
        }

        AskNext();
    }

    /// <summary>By the store, about what it was asked.</summary>
    public void Answered(bool isTrue)
    {
        if (_asked is not var (from, message))
        {
            return;
        }

        _asked = null;
        if (isTrue)
        {
            believe(from, message);
        }

        AskNext();
    }

    private void AskNext()
    {
        while (_asked is null && _waiting.Count > 0)
        {
            var (from, message) = _waiting[0];
            _waiting.RemoveAt(0);
            if (isNews(message))
            {
                _asked = (from, message);
                host.ConfirmTerm(message.Term, message.Kind == ElectionMessageKind.Coordinator ? from : null);
            }
            else
            {
                believe(from, message);
            }
        }
    }
}
