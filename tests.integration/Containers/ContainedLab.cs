using Lab.LocalHost;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.Containers;

/// <summary>The marketplace in containers; its tests break it, and leave it whole.</summary>
public sealed class ContainedLab : TestLab
{
    protected override Isolation Isolation => Isolation.Container;

    /// <summary>Where no container can run it stays down, and every test says why it is skipped.</summary>
    public override async ValueTask InitializeAsync()
    {
        if (await Engine.WhyNotAsync() is null)
        {
            await base.InitializeAsync();
        }
    }

    /// <summary>The container of a resource.</summary>
    public async Task<string> NameOfAsync(string resource) =>
        (await Engine.OfAsync(State)).Single(name => name.EndsWith("-" + resource, StringComparison.Ordinal));
}

/// <summary>They run one after the other, on one lab.</summary>
[CollectionDefinition(Name)]
public sealed class ContainedLabTests : ICollectionFixture<ContainedLab>
{
    public const string Name = "lab in containers";
}
