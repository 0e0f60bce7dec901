using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>What a <see cref="Participant"/> needs of the peer it is part of.</summary>
internal interface IParticipantDesk
{
    Random Random { get; }

    /// <summary>Sends to the trader, while there is one.</summary>
    void Ask(PeerMessage message);

    void SetTimer(string timer, long delayUs);

    void CancelTimer(string timer);

    void Note(LedgerLine line);

    void Report(PeerEventKind kind, string detail);

    /// <summary>The trader has not answered in time.</summary>
    void TraderIsSilent();
}
