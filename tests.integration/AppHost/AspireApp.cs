using System.Net.Http.Headers;
using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Lab.Harness.Running;
using Lab.Topology;
using Lab.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Integration.AppHost;

/// <summary>The lab as Aspire brings it up, in a state folder of its own.</summary>
internal sealed class AspireApp : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly IDistributedApplicationTestingBuilder _builder;
    private DistributedApplication? _application;

    private AspireApp(string state, IDistributedApplicationTestingBuilder builder) =>
        (State, _builder, Resources) = (state, builder, [.. builder.Resources]);

    public string State { get; }

    public DistributedApplication Application => _application ?? throw new InvalidOperationException("it has not been started");

    /// <summary>The lab's; Aspire adds its dashboard later.</summary>
    public IReadOnlyCollection<IResource> Resources { get; }

    /// <summary>Of the dashboard, with its token.</summary>
    public Uri Login => new(Application.GetEndpoint("aspire-dashboard"), $"/login?t={_builder.Configuration["AppHost:BrowserToken"]}");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The app model, without starting anything.</summary>
    /// <param name="dashboard">With Aspire's dashboard.</param>
    /// <param name="arguments">The app host's.</param>
    public static async Task<AspireApp> ModelAsync(bool dashboard, params IReadOnlyList<string> arguments)
    {
        var state = Directory.CreateTempSubdirectory("lab-test-").FullName;
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [.. arguments, $"--LAB_STATE={state}"], (options, _) => options.DisableDashboard = !dashboard, Token);
        // Every line of every resource would stand between the test results.
        builder.Services.AddLogging(logging => logging.ClearProviders());
        return new AspireApp(state, builder);
    }

    /// <summary>Started, with everything healthy that is to be.</summary>
    /// <inheritdoc cref="ModelAsync"/>
    public static async Task<AspireApp> StartAsync(bool dashboard, params IReadOnlyList<string> arguments)
    {
        var app = await ModelAsync(dashboard, arguments);
        try
        {
            app._application = await app._builder.BuildAsync(Token);
            await app._application.StartAsync(Token).WaitAsync(Patience, Token);
            await app.HealthyAsync(app.Resources.Where(IsToRun).Select(resource => resource.Name));
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for resources.</summary>
    public async Task HealthyAsync(params IEnumerable<string> names) => await Task.WhenAll(names.Select(async name =>
    {
        try
        {
            await Application.ResourceNotifications.WaitForResourceHealthyAsync(name, WaitBehavior.StopOnResourceUnavailable, Token).WaitAsync(Patience, Token);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{name} is not healthy");
        }
    }));

    /// <summary>The lab as the harness resource would find it in its environment.</summary>
    public async Task<AttachedLab> HarnessLabAsync()
    {
        var harness = Resources.OfType<ExecutableResource>().Single(resource => resource.Name == "harness");
        var configuration = await ExecutionConfigurationBuilder.Create(harness).WithEnvironmentVariablesConfig()
            .BuildAsync(Application.Services.GetRequiredService<DistributedApplicationExecutionContext>(), NullLogger.Instance, Token);
        var variables = configuration.EnvironmentVariables.ToDictionary(StringComparer.Ordinal);
        return new AttachedLab(AttachVariables.Read(variables), AttachVariables.ReadProcessIds(variables));
    }

    /// <summary>Where a resource's clients connect, by what the resource itself says.</summary>
    public System.Net.DnsEndPoint Clients(string resource)
    {
        var endpoint = Application.GetEndpoint(resource, "clients");
        return Addresses.Parse(FormattableString.Invariant($"{endpoint.Host}:{endpoint.Port}"));
    }

    public async Task SetFactorAsync(LabEndpoints endpoints, string service, string factor, string value)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", endpoints.AdminToken);
        using var reply = await http.PutAsJsonAsync(
            new Uri(endpoints.Services[service].Admin, "/admin/factors"), new Dictionary<string, string>(StringComparer.Ordinal) { [factor] = value }, Token);
        Assert.True(reply.IsSuccessStatusCode, await reply.Content.ReadAsStringAsync(Token));
    }

    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.DisposeAsync();
        }

        await _builder.DisposeAsync();
        Directory.Delete(State, recursive: true);
    }

    /// <summary>All but parameters, and what waits for somebody to ask for it.</summary>
    private static bool IsToRun(IResource resource) =>
        resource is not ParameterResource && !resource.TryGetLastAnnotation<ExplicitStartupAnnotation>(out _);
}
