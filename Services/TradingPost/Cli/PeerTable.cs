using Lab.TradingPost.Market;
using Lab.TradingPost.Supervision;
using Spectre.Console;

namespace Lab.TradingPost.Cli;

/// <summary>Peers and clients with their accounts, as wide as there is place.</summary>
internal static class PeerTable
{
    private const int Gap = 2;

    /// <summary>The widths are those of what usually stands there; narrow places leave out those of low importance.</summary>
    private static readonly Column[] Columns =
    [
        new("peer", 7, 0),
        new("role", 6, 1),
        new("process", 7, 2),
        new("pid", 7, 9),
        new("follows", 7, 7),
        new("term", 4, 5),
        new("good", 4, 3),
        new("stock", 9, 4),
        new("bought", 6, 8, Justify.Right),
        new("earned", 7, 5, Justify.Right),
        new("spent", 7, 6, Justify.Right),
        new("commission", 10, 6, Justify.Right),
    ];

    /// <param name="overview">Of an open market.</param>
    /// <param name="width">In letters.</param>
    /// <param name="mostRows">Further peers are only counted.</param>
    public static Table Of(MarketOverview overview, int width, int mostRows)
    {
        var columns = Fitting(width);
        var table = new Table { Border = TableBorder.None, UseSafeBorder = false };
        table.AddColumns([.. columns.Select(column => new TableColumn($"[grey]{column.Name}[/]")
        {
            NoWrap = true,
            Padding = new Padding(0, 0, Gap, 0),
            Alignment = column.Alignment,
        })]);
        var peers = overview.Peers.Select(row => CellsOf(overview, row)).ToList();
        var others = OtherCells(overview);
        var shown = Math.Max(1, mostRows - others.Count);
        if (peers.Count > shown)
        {
            others.Insert(0, Cells($"[grey]{peers.Count - shown + 1} more[/]"));
            peers.RemoveRange(shown - 1, peers.Count - shown + 1);
        }

        foreach (var cells in peers.Concat(others))
        {
            table.AddRow([.. columns.Select(column => new Markup(cells[Array.IndexOf(Columns, column)]) { Overflow = Overflow.Ellipsis })]);
        }

        return table;
    }

    private static List<Column> Fitting(int width)
    {
        var fitting = new HashSet<Column>();
        // Nothing follows the last column.
        var left = width + Gap;
        foreach (var column in Columns.OrderBy(column => column.Importance).TakeWhile(column => (left -= column.Width + Gap) >= 0))
        {
            fitting.Add(column);
        }

        return fitting.Count == 0 ? [Columns[0]] : [.. Columns.Where(fitting.Contains)];
    }

    /// <summary>Markup, by column.</summary>
    private static string[] CellsOf(MarketOverview overview, PeerRow row)
    {
        var trades = row.Role == PeerRole.Trader;
        var role = row.Role.ToString().ToLowerInvariant();
        var follows = row.Follows == overview.State!.Trader ? $"{row.Follows}" : $"[yellow]{row.Follows}[/]";
        return
        [
            trades ? $"[bold green]{row.Id}[/]" : $"{row.Id}",
            trades ? $"[bold green]{role}[/]" : role,
            row.Process switch
            {
                PeerProcessState.Running => "running",
                PeerProcessState.Paused => "[yellow]paused[/]",
                _ => "[red]dead[/]",
            },
            row.Pid == 0 ? "" : $"[grey]{row.Pid}[/]",
            trades || row.Follows is null ? "" : follows,
            $"{row.Term}",
            NameOf(row.Selling ?? row.Buying),
            .. row.Account is { } account ? MoneyCells(MarketOverview.Sum([account]), Pieces(account.Stock)) : MoneyCells(default),
        ];
    }

    /// <summary>Whoever looks on, the other clients together, and everybody together.</summary>
    private static List<string[]> OtherCells(MarketOverview overview)
    {
        List<string[]> others = [];
        if (overview.Accounts is not { } accounts)
        {
            return others;
        }

        if (overview.Clients.FirstOrDefault(account => account.Participant == MarketClient.Participant) is { } own)
        {
            others.Add(Cells("you", MarketOverview.Sum([own]), Pieces(own.Stock)));
        }

        var clients = overview.Clients.Where(account => account.Participant != MarketClient.Participant).ToList();
        if (clients.Count > 0)
        {
            others.Add(Cells("clients", MarketOverview.Sum(clients)));
        }

        others.Add(Cells("[grey]all[/]", MarketOverview.Sum(accounts)));
        return others;
    }

    private static string[] Cells(string name, AccountSums sums = default, string? stock = null) =>
        [name, "", "", "", "", "", "", .. MoneyCells(sums, stock)];

    private static string[] MoneyCells(AccountSums sums, string? stock = null) =>
        [stock ?? Number(sums.Stock), Number(sums.Bought), Number(sums.Earned), Number(sums.Spent), Number(sums.Commission)];

    private static string Pieces(IReadOnlyDictionary<Good, long> stock) =>
        string.Join(' ', stock.Where(kept => kept.Value > 0).OrderBy(kept => kept.Key).Select(kept => $"{kept.Value} {NameOf(kept.Key)}"));

    private static string NameOf(Good? good) => good?.ToString().ToLowerInvariant() ?? "";

    private static string Number(long number) => number == 0 ? "" : number.ToString();

    private sealed record Column(string Name, int Width, int Importance, Justify Alignment = Justify.Left);
}
