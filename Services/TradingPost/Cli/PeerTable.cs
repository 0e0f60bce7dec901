using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
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
        new("peer", 7, 0, line => line.Name),
        new("role", 6, 1, line => line.Role),
        new("process", 7, 2, line => line.Process),
        new("pid", 7, 9, line => line.Pid),
        new("follows", 7, 7, line => line.Follows),
        new("term", 4, 5, line => line.Term),
        new("good", 4, 3, line => line.Good),
        new("stock", 9, 4, line => line.Stock),
        new("bought", 6, 8, line => line.Bought, IsNumber: true),
        new("earned", 7, 5, line => line.Earned, IsNumber: true),
        new("spent", 7, 6, line => line.Spent, IsNumber: true),
        new("commission", 10, 6, line => line.Commission, IsNumber: true),
    ];

    /// <param name="picture">Of an open market.</param>
    /// <param name="you">The participant who looks on.</param>
    /// <param name="width">In letters.</param>
    /// <param name="mostRows">Further peers are only counted.</param>
    public static Table Of(MarketPicture picture, int you, int width, int mostRows)
    {
        var columns = Fitting(width);
        var table = new Table { Border = TableBorder.None, UseSafeBorder = false };
        table.AddColumns([.. columns.Select(column => new TableColumn($"[grey]{column.Name}[/]")
        {
            NoWrap = true,
            Padding = new Padding(0, 0, Gap, 0),
            Alignment = column.IsNumber ? Justify.Right : Justify.Left,
        })]);
        var peers = picture.Peers.Select(row => LineOf(picture, row)).ToList();
        var others = OtherLines(picture, you);
        var shown = Math.Max(1, mostRows - others.Count);
        if (peers.Count > shown)
        {
            others.Insert(0, new Line { Name = $"[grey]{peers.Count - shown + 1} more[/]" });
            peers.RemoveRange(shown - 1, peers.Count - shown + 1);
        }

        foreach (var line in peers.Concat(others))
        {
            table.AddRow([.. columns.Select(column => Cell(column, line))]);
        }

        return table;
    }

    private static Markup Cell(Column column, Line line) => new(column.Text(line)) { Overflow = Overflow.Ellipsis };

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

    private static Line LineOf(MarketPicture picture, PeerRow row)
    {
        var isLost = row.Trader is { } trader && trader != picture.State!.Trader;
        return Money(row.Account) with
        {
            Name = row.Role == PeerRole.Trader ? $"[bold green]{row.Id}[/]" : $"{row.Id}",
            Role = row.Role switch
            {
                PeerRole.Trader => "[bold green]trader[/]",
                PeerRole.Seller => "seller",
                _ => "buyer",
            },
            Process = row.Process switch
            {
                PeerProcessState.Running => "running",
                PeerProcessState.Paused => "[yellow]paused[/]",
                _ => "[red]dead[/]",
            },
            Pid = row.Pid == 0 ? "" : $"[grey]{row.Pid}[/]",
            Follows = row.Role == PeerRole.Trader || row.Trader is null ? "" : isLost ? $"[yellow]{row.Trader}[/]" : $"{row.Trader}",
            Term = row.Term is null ? "" : $"{row.Term}",
            Good = NameOf(row.Selling ?? row.Buying),
        };
    }

    /// <summary>Whoever looks on, the other clients together, and everybody together.</summary>
    private static List<Line> OtherLines(MarketPicture picture, int you)
    {
        var lines = new List<Line>();
        if (picture.Accounts is not { } accounts)
        {
            return lines;
        }

        if (picture.Clients.FirstOrDefault(account => account.Participant == you) is { } own)
        {
            lines.Add(Money(own) with { Name = "you" });
        }

        var clients = picture.Clients.Where(account => account.Participant != you).ToList();
        if (clients.Count > 0)
        {
            lines.Add(Money(MarketPicture.Sum(clients)) with { Name = "clients" });
        }

        lines.Add(Money(MarketPicture.Sum(accounts)) with { Name = "[grey]all[/]" });
        return lines;
    }

    private static Line Money(AccountSummary? account) => account is null
        ? new Line()
        : Money(MarketPicture.Sum([account])) with { Stock = Pieces(account.Stock) };

    private static Line Money(MoneySums sums) => new()
    {
        Stock = Number(sums.Stock),
        Bought = Number(sums.Bought),
        Earned = Number(sums.Earned),
        Spent = Number(sums.Spent),
        Commission = Number(sums.Commission),
    };

    private static string Pieces(IReadOnlyDictionary<Good, long> stock) =>
        string.Join(' ', stock.Where(kept => kept.Value > 0).OrderBy(kept => kept.Key).Select(kept => $"{kept.Value} {NameOf(kept.Key)}"));

    private static string NameOf(Good? good) => good?.ToString().ToLowerInvariant() ?? "";

    private static string Number(long number) => number == 0 ? "" : number.ToString();

    private sealed record Column(string Name, int Width, int Importance, Func<Line, string> Text, bool IsNumber = false);

    /// <summary>Cells as markup.</summary>
    private sealed record Line
    {
        public string Name { get; init; } = "";

        public string Role { get; init; } = "";

        public string Process { get; init; } = "";

        public string Pid { get; init; } = "";

        public string Follows { get; init; } = "";

        public string Term { get; init; } = "";

        /// <summary>What a seller sells, a buyer wants.</summary>
        public string Good { get; init; } = "";

        public string Stock { get; init; } = "";

        public string Bought { get; init; } = "";

        public string Earned { get; init; } = "";

        public string Spent { get; init; } = "";

        public string Commission { get; init; } = "";
    }
}
