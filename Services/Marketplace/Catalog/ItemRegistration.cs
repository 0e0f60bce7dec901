using System.Data.Common;
using System.Text;
using Dapper;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Catalog;

/// <summary>A new item with who registers it, and under which request id.</summary>
internal sealed record Registration(long SellerId, long RequestId, NewItem Item);

/// <summary>
/// Puts new items into the catalogue: concurrent registrations share one multi-row statement per table, one round trip
/// and one commit.
/// </summary>
internal sealed class ItemRegistration
{
    private readonly Batcher<Registration, ItemId> _batcher;
    private readonly SerialNumbers _serials = new();

    public ItemRegistration(DatabasePool database) =>
        _batcher = new Batcher<Registration, ItemId>(database, new BatchOptions(DatabaseAccess.Write), RegisterAsync);

    /// <summary>The item is durable when this returns. Repeated with the same request id, it returns the same item.</summary>
    public Task<ItemId> RegisterAsync(Registration registration) => _batcher.RunAsync(registration);

    private async Task RegisterAsync(DatabaseSession session, IReadOnlyList<BatchItem<Registration, ItemId>> batch)
    {
        var firstSerial = await _serials.TakeAsync(session.Connection, batch.Count);
        try
        {
            await using var command = session.Connection.CreateCommand();
            await session.ExecuteAndCommitAsync(command, InsertStatements(command, batch, firstSerial));
        }
        catch (Exception exception) when (batch.Count == 1 && MySqlDriver.IsDuplicateKey(exception))
        {
            await session.RollBackAsync();
            batch[0].SetResult(await FindRegisteredAsync(session.Connection, batch[0].Request));
            return;
        }

        for (var index = 0; index < batch.Count; index++)
        {
            batch[index].SetResult(new ItemId(batch[index].Request.Item.Category, firstSerial + index));
        }
    }

    /// <summary>Numbers stand in the text, strings are parameters: quick, and nothing a seller types becomes SQL.</summary>
    private static StringBuilder InsertStatements(
        DbCommand command, IReadOnlyList<BatchItem<Registration, ItemId>> batch, long firstSerial)
    {
        var items = new StringBuilder("START TRANSACTION; INSERT INTO ").Append(MarketplaceSchema.Product).Append(
            ".item (serial, category, seller_id, request_id, name, keywords, is_used, price, quantity, registered) VALUES ");
        var terms = new StringBuilder("; INSERT INTO ").Append(MarketplaceSchema.Product).Append(".item_term (term, serial) VALUES ");
        for (var index = 0; index < batch.Count; index++)
        {
            var (sellerId, requestId, item) = batch[index].Request;
            var serial = firstSerial + index;
            var separator = index == 0 ? "" : ",";
            items.Append(separator).Append(
                $"({serial},{item.Category},{sellerId},{requestId},@n{index},@k{index},{(item.Condition == Condition.Used ? 1 : 0)},{item.Price},{item.Quantity},{item.Quantity})");
            Add(command, $"@n{index}", item.Name);
            Add(command, $"@k{index}", ItemRows.JoinKeywords(item.Keywords));
            terms.Append(separator).Append($"({SearchTerm.OfCategory(item.Category)},{serial})");
            if (item.Keywords.Count > 0)
            {
                foreach (var term in SearchTerm.Of(item.Category, item.Keywords))
                {
                    terms.Append($",({term},{serial})");
                }
            }
        }

        return items.Append(terms);
    }

    private static void Add(DbCommand command, string name, string value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    private static async Task<ItemId> FindRegisteredAsync(DbConnection connection, Registration registration)
    {
        var (category, serial) = await connection.QuerySingleAsync<(int Category, long Serial)>(
            $"SELECT category, serial FROM {MarketplaceSchema.Product}.item WHERE seller_id = @SellerId AND request_id = @RequestId",
            new { registration.SellerId, registration.RequestId });
        return new ItemId(category, serial);
    }

    /// <summary>
    /// Serial numbers from blocks that the server reserves in the database: unique over all replicas, known before the
    /// rows are written. A crash leaves a gap, which does no harm. One batch takes its numbers after the other.
    /// </summary>
    private sealed class SerialNumbers
    {
        private const int BlockSize = 10_000;

        private long _next;
        private long _end;

        /// <returns>The first of <paramref name="count"/> consecutive numbers.</returns>
        public async ValueTask<long> TakeAsync(DbConnection connection, int count)
        {
            if (_end - _next < count)
            {
                _next = await connection.ExecuteScalarAsync<long>(
                    $"UPDATE {MarketplaceSchema.Product}.serial_block SET next_serial = LAST_INSERT_ID(next_serial) + {BlockSize} WHERE id = 1; SELECT LAST_INSERT_ID()");
                _end = _next + BlockSize;
            }

            _next += count;
            return _next - count;
        }
    }
}
