using System.Text.Json;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Server;

namespace Lab.Marketplace.Catalog;

/// <summary>get_seller_rating: thumbs of any seller; a seller who names nobody asks about himself.</summary>
internal sealed class GetSellerRating(Role role, SellerRatings ratings, ReadCache cache)
    : CachedOperation<long?, Rating>("get_seller_rating", SessionCheck.Meanwhile, cache)
{
    protected override long? Read(Arguments arguments) => role == Role.Seller && !arguments.Has("seller_id")
        ? null
        : arguments.Integer("seller_id", 1, Arguments.MaxId);

    protected override (string Key, IReadOnlyList<string> Dependencies) Describe(long? arguments, Caller caller)
    {
        var name = CacheDependencies.SellerRating(arguments ?? caller.UserId);
        return (name, [name]);
    }

    protected override async ValueTask<Rating> ExecuteAsync(long? arguments, Caller caller) =>
        await ratings.FindAsync(arguments ?? caller.UserId);

    protected override void Write(Utf8JsonWriter json, Rating result)
    {
        json.WriteStartObject();
        json.WriteNumber("thumbs_up"u8, result.ThumbsUp);
        json.WriteNumber("thumbs_down"u8, result.ThumbsDown);
        json.WriteEndObject();
    }
}
