using System.Data.Common;
using Lab.Marketplace.Domain;

namespace Lab.Marketplace.Catalog;

/// <summary>Items as the table holds them.</summary>
internal static class ItemRows
{
    public const char KeywordSeparator = '\u001F';

    /// <summary>In the order in which <see cref="Read"/> expects them, of a table called <c>i</c>.</summary>
    public const string Columns =
        "i.serial, i.category, i.seller_id, i.name, i.keywords, i.is_used, i.price, i.quantity, i.thumbs_up, i.thumbs_down";

    public const int ColumnCount = 10;

    public static Item Read(DbDataReader row) => new()
    {
        Id = new ItemId(row.GetInt32(1), row.GetInt64(0)),
        SellerId = row.GetInt64(2),
        Name = row.GetString(3),
        Keywords = SplitKeywords(row.GetString(4)),
        Condition = row.GetInt16(5) == 0 ? Condition.New : Condition.Used,
        Price = row.GetDecimal(6),
        Quantity = row.GetInt32(7),
        ThumbsUp = row.GetInt32(8),
        ThumbsDown = row.GetInt32(9),
    };

    public static string JoinKeywords(IEnumerable<string> keywords) => string.Join(KeywordSeparator, keywords);

    public static IReadOnlyList<string> SplitKeywords(string keywords) =>
        keywords.Length == 0 ? [] : keywords.Split(KeywordSeparator);

    /// <summary>Every row of a query.</summary>
    public static async Task<List<TRow>> QueryAsync<TRow>(DbConnection connection, string sql, Func<DbDataReader, TRow> read)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await ReadAllAsync(command, read);
    }

    /// <summary>
    /// Every row of a query about some keys. About few of them, which is how requests come to a server that has time, the
    /// database parses it once per connection and number of keys; preparing for many would cost more than it saves.
    /// </summary>
    /// <param name="connection">Where.</param>
    /// <param name="sql">Says <c>IN (@keys)</c>.</param>
    /// <param name="keys">One at least.</param>
    /// <param name="read">Reads a row.</param>
    public static async Task<List<TRow>> QueryAsync<TRow>(
        DbConnection connection, string sql, IReadOnlyCollection<long> keys, Func<DbDataReader, TRow> read)
    {
        const int FewKeys = 8;
        await using var command = connection.CreateCommand();
        if (keys.Count > FewKeys)
        {
            command.CommandText = sql.Replace("@keys", string.Join(',', keys), StringComparison.Ordinal);
            return await ReadAllAsync(command, read);
        }

        command.CommandText = sql.Replace("@keys", string.Join(',', Enumerable.Range(0, keys.Count).Select(index => $"@key{index}")), StringComparison.Ordinal);
        foreach (var (index, key) in keys.Index())
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = $"@key{index}";
            parameter.Value = key;
            command.Parameters.Add(parameter);
        }

        await command.PrepareAsync();
        return await ReadAllAsync(command, read);
    }

    private static async Task<List<TRow>> ReadAllAsync<TRow>(DbCommand command, Func<DbDataReader, TRow> read)
    {
        // The thread that hears the database hears it for everybody: a long list is read elsewhere.
        const int RowsInARow = 256;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<TRow>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
            if (rows.Count % RowsInARow == 0)
            {
                await Task.Yield();
            }
        }

        return rows;
    }
}

/// <summary>What stays the same about an item, and who must hear of a change.</summary>
internal sealed record ItemIdentity(ItemId Id, long SellerId, IReadOnlyList<string> Keywords);
