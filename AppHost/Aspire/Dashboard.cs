using Lab.LocalHost;

namespace Lab.AppHost.Aspire;

/// <summary>Where Aspire's dashboard listens, so that nobody needs a launch profile.</summary>
internal static class Dashboard
{
    private static readonly string[] Addresses = ["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"];

    /// <summary>The app host's options: free ports of the loopback address, unless the environment says otherwise.</summary>
    /// <param name="given">A run that ends by itself has no dashboard: nobody would look, and it would be measured, too.</param>
    public static DistributedApplicationOptions Options(LabArguments given)
    {
        var defaults = Addresses.Where(name => Environment.GetEnvironmentVariable(name) is null)
            .Select(name => $"--{name}=http://{FreePorts.NextAddress()}");
        return new DistributedApplicationOptions
        {
            Args =
            [
                .. given.Rest,
                .. defaults,
                // It is reached over loopback only, where a certificate would protect nothing.
                "--ASPIRE_ALLOW_UNSECURED_TRANSPORT=true",
                // A later lab finds this one's data and ports free: nothing outlives the app host.
                "--DcpPublisher:WaitForResourceCleanup=true",
            ],
            DisableDashboard = given.Exit,
        };
    }
}
