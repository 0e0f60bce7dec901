using System.Globalization;
using System.Net;
using System.Text.Json;
using Lab.MedalTally.Api;
using Lab.MedalTally.Group;
using Lab.MedalTally.Stores;
using Lab.ServiceDefaults;
using Lab.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.MedalTally.FrontEnds;

/// <summary>
/// The first tier: speaks HTTP, has no data. Started by the dispatcher, which it tells about itself by lines of its standard
/// output, and obeys by lines of its standard input; it ends when that does.
/// </summary>
internal static class FrontEnd
{
    public static async Task<WebApplication> StartAsync(string[] args)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService(args);
        // Standard output is the dispatcher's.
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        MedalTallyOptions.AddTo(builder.Services);
        ApiListener.AddTo(builder);
        TallyApi.AddTo(builder.Services);
        builder.Services.AddSingleton<DatabaseRoute>();
        builder.Services.AddSingleton(services => new RemoteStore(
            services.GetRequiredService<DatabaseRoute>().Address,
            services.GetRequiredService<TallySecrets>().Tiers,
            services.GetRequiredService<ILogger<RemoteStore>>()));
        builder.Services.AddSingleton<ITallyStore>(services => services.GetRequiredService<RemoteStore>());
        builder.Services.AddSingleton(services => new GroupHost(
            services.GetRequiredService<IOptions<MedalTallyOptions>>().Value,
            services.GetRequiredService<TallySecrets>(),
            services.GetRequiredService<RemoteStore>().AskRegisterAsync,
            registerFile: "",
            services.GetRequiredService<ServiceFailure>().Report,
            services.GetRequiredService<ILogger<GroupHost>>()));
        builder.Services.AddHostedService<DispatcherTalk>();
        var app = builder.BuildLab();
        ApiListener.SeparatePorts(app);
        OrderedRequests.Use(app);
        TallyApi.Map(app);
        OrderedRequests.Map(app);
        app.MapLabDefaults();
        await app.StartAsync();
        DispatcherTalk.Tell(new FrontEndLine(Connections: 0));
        return app;
    }
}

/// <summary>The way to the database server: direct, or through the link.</summary>
internal sealed class DatabaseRoute(IOptions<MedalTallyOptions> options)
{
    private readonly DnsEndPoint _direct = Addresses.Parse(options.Value.Database);
    private readonly DnsEndPoint? _link = options.Value.DatabaseLink.Length > 0 ? Addresses.Parse(options.Value.DatabaseLink) : null;

    public bool IsThroughLink { get; set; }

    public DnsEndPoint Address() => IsThroughLink && _link is not null ? _link : _direct;
}

/// <summary>What a front-end and its dispatcher say to each other.</summary>
internal sealed class DispatcherTalk(IOptions<MedalTallyOptions> options, ApiListener listener, DatabaseRoute route, GroupHost group, IHostApplicationLifetime lifetime, ILogger<DispatcherTalk> logger)
    : BackgroundService
{
    /// <summary>What follows are the settings of a group, or nothing: it takes part in none.</summary>
    public const string Group = "group ";

    public const string End = "end";
    public const string Direct = "direct";
    public const string ThroughLink = "link";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static void Tell(FrontEndLine line) => Console.Out.WriteLine(line.Write());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var obeying = new Thread(Obey) { IsBackground = true, Name = "dispatcher" };
        obeying.Start();
        for (var told = 0; !stoppingToken.IsCancellationRequested;)
        {
            await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (listener.Connections is var now && now != told)
            {
                Tell(new FrontEndLine(told = now));
            }
        }
    }

    private void Obey()
    {
        while (Console.In.ReadLine() is { } command and not End)
        {
            if (command.StartsWith(Group, StringComparison.Ordinal))
            {
                var settings = command[Group.Length..];
                Join(settings.Length == 0 ? null : JsonSerializer.Deserialize(settings, GroupJson.Default.GroupSettings));
            }
            else
            {
                route.IsThroughLink = command == ThroughLink;
            }
        }

        lifetime.StopApplication();
    }

    private void Join(GroupSettings? settings)
    {
        try
        {
            group.SetAsync(settings, options.Value.Number).GetAwaiter().GetResult();
        }
        catch (IOException exception)
        {
            logger.LogError("this front-end takes part in no group: {Reason}", exception.Message);
        }
    }
}

/// <summary>A line of a front-end's standard output.</summary>
/// <param name="Connections">Clients that are connected to it.</param>
internal sealed record FrontEndLine(int Connections)
{
    private const string Prefix = "connections ";

    public string Write() => FormattableString.Invariant($"{Prefix}{Connections}");

    /// <returns>Null: it is none.</returns>
    public static FrontEndLine? Read(string line) =>
        line.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(line.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var connections) ? new FrontEndLine(connections) : null;
}
