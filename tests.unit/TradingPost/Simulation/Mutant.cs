namespace Lab.Tests.Unit.TradingPost.Simulation;

/// <summary>A mistake that the simulated accounts, or a peer's way to them, make on purpose: the checker must find it.</summary>
public enum Mutant
{
    None,

    /// <summary>A trader may go on writing when a higher term has been claimed.</summary>
    NoFencing,

    /// <summary>Records are called durable when they have only been handed over.</summary>
    AcknowledgeBeforeDurable,

    /// <summary>A new trader does not know which requests are done.</summary>
    NoDedup,

    /// <summary>A new trader reads all but the last records.</summary>
    ClaimMissesTail,

    /// <summary>The trader's commission is not booked.</summary>
    LostMoney,

    /// <summary>Sales of a round are made in the order in which the requests came.</summary>
    OrderIgnored,

    /// <summary>Goods are sold twice: a deposit counts again for every new trader.</summary>
    GoodsFromNothing,

    /// <summary>Peers believe in every term that they are told of, whether the accounts have given it or not.</summary>
    BelieveTerms,

    /// <summary>Two traders who claim at the same time get the same term.</summary>
    TermTwice,
}
