using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>A seller client of the load, with the sessions of its two accounts.</summary>
internal sealed class SellerAccount
{
    public const int UpModulus = 1000;
    public const int DownModulus = 10;

    private string _name = "";

    public SellerClient Client { get; private set; } = null!;

    /// <summary>The account whose items are displayed, searched and rated.</summary>
    public long ShopId { get; private set; }

    public string ShopSession { get; private set; } = "";

    /// <summary>The account that registers items under load.</summary>
    public long LotsId { get; private set; }

    public string LotsSession { get; private set; } = "";

    public static async Task<SellerAccount> CreateAsync(SellerClient client, string name, string password, CancellationToken cancellationToken)
    {
        var account = new SellerAccount { Client = client, _name = name };
        account.ShopId = await client.CreateAccountAsync(name + "-shop", password, cancellationToken);
        account.LotsId = await client.CreateAccountAsync(name + "-lots", password, cancellationToken);
        await account.LoginAsync(password, cancellationToken);
        return account;
    }

    public static Rating RatingOf(long sellerId) => new((int)(sellerId % UpModulus), (int)(sellerId % DownModulus));

    /// <summary>Goes on over another connection.</summary>
    public async Task ReplaceAsync(SellerClient client, CancellationToken cancellationToken)
    {
        await Client.DisposeAsync();
        Client = client;
        await client.ConnectAsync(cancellationToken);
    }

    /// <summary>Keeps both sessions from timing out; logs in again where that is too late.</summary>
    public async Task RefreshAsync(string password, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var session in new[] { ShopSession, LotsSession })
            {
                Client.Session = session;
                await Client.GetSellerRatingAsync(null, cancellationToken);
            }
        }
        catch (MarketplaceException exception) when (exception.Code == ErrorCodes.SessionExpired)
        {
            await LoginAsync(password, cancellationToken);
        }
    }

    private async Task LoginAsync(string password, CancellationToken cancellationToken)
    {
        await Client.LoginAsync(_name + "-shop", password, cancellationToken);
        ShopSession = Client.Session!;
        await Client.LoginAsync(_name + "-lots", password, cancellationToken);
        LotsSession = Client.Session!;
    }
}

/// <summary>A buyer client of the load.</summary>
internal sealed class BuyerAccount
{
    private string _name = "";

    public BuyerClient Client { get; private set; } = null!;

    public static async Task<BuyerAccount> CreateAsync(BuyerClient client, string name, string password, CancellationToken cancellationToken)
    {
        await client.CreateAccountAsync(name, password, cancellationToken);
        await client.LoginAsync(name, password, cancellationToken);
        return new BuyerAccount { Client = client, _name = name };
    }

    /// <summary>Goes on over another connection.</summary>
    public async Task ReplaceAsync(BuyerClient client, CancellationToken cancellationToken)
    {
        client.Session = Client.Session;
        await Client.DisposeAsync();
        Client = client;
        await client.ConnectAsync(cancellationToken);
    }

    /// <summary>Keeps the session from timing out; logs in again where that is too late.</summary>
    public async Task RefreshAsync(long anySellerId, string password, CancellationToken cancellationToken)
    {
        try
        {
            await Client.GetSellerRatingAsync(anySellerId, cancellationToken);
        }
        catch (MarketplaceException exception) when (exception.Code == ErrorCodes.SessionExpired)
        {
            await Client.LoginAsync(_name, password, cancellationToken);
        }
    }
}
