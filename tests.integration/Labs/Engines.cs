using Lab.Transport.Engines;

namespace Lab.Tests.Integration.Labs;

/// <summary>Connection engines for tests that every one of them must pass.</summary>
public static class Engines
{
    /// <summary>Those that run on this machine.</summary>
    public static TheoryData<string> Offered => [.. ConnectionEngines.Offered];
}
