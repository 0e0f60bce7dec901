using System.Globalization;
using Lab.Tests.Integration.Labs;
using Lab.Topology;
using Lab.Topology.Systems;
using Lab.Transport.Engines;

namespace Lab.Tests.Integration.Echo;

/// <summary>Echo servers as processes, one per engine, and two that share a port. No databases.</summary>
public sealed class EchoLab : TestLab
{
    /// <summary>Engines that run here.</summary>
    public static IReadOnlyList<string> Engines { get; } = [.. ConnectionEngines.Offered, "kestrel"];

    /// <summary>The second has no port of its own.</summary>
    public static IReadOnlyList<string> SharedPortServers { get; } = [.. EchoTopology.SharedPortServers.Take(2)];

    protected override LabTopology Topology()
    {
        var services = LabTopology.Complete().Services.Where(service => service.System == EchoTopology.Name).ToDictionary(service => service.Name, StringComparer.Ordinal);
        return LabTopology.Of(new SystemEntry
        {
            Name = EchoTopology.Name,
            Services = [.. Engines.Select(engine => services[EchoTopology.Server(engine)]), .. SharedPortServers.Select(server => services[server])],
        });
    }

    /// <summary>The log of a server when its lines fulfil a condition.</summary>
    public async Task<IReadOnlyList<ClosedLine>> LinesAsync(
        string server, Func<IReadOnlyList<ClosedLine>, bool> condition, CancellationToken cancellationToken)
    {
        const int MaxAttempts = 1000;
        for (var attempt = 0; ; attempt++)
        {
            using var reply = await GetAdminAsync(server, "/admin/connections", cancellationToken);
            Assert.True(reply.IsSuccessStatusCode, reply.ToString());
            var lines = (await reply.Content.ReadAsStringAsync(cancellationToken))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ClosedLine.Parse).ToList();
            if (condition(lines))
            {
                return lines;
            }

            Assert.True(attempt < MaxAttempts, $"the log of {server} has only {lines.Count} lines");
            await Task.Delay(20, cancellationToken);
        }
    }
}

/// <summary>A line of the connection log.</summary>
public sealed record ClosedLine(string Peer, int Descriptor, long Bytes, long Requests)
{
    public static ClosedLine Parse(string line)
    {
        var fields = line.Split(' ');
        Assert.Equal(4, fields.Length);
        return new ClosedLine(fields[0], (int)Number("fd=", fields[1]), Number("bytes=", fields[2]), Number("requests=", fields[3]));
    }

    private static long Number(string name, string field)
    {
        Assert.StartsWith(name, field, StringComparison.Ordinal);
        return long.Parse(field[name.Length..], CultureInfo.InvariantCulture);
    }
}
