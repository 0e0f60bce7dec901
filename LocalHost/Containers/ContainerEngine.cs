using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.LocalHost.Processes;
using Lab.Processes;

namespace Lab.LocalHost.Containers;

/// <summary>The container engine of this machine, through its command line program.</summary>
public sealed class ContainerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private ContainerEngine(string program, EngineState state) => (Program, State) = (program, state);

    /// <summary>Path of the program.</summary>
    public string Program { get; }

    public EngineState State { get; }

    /// <summary>For reports: <c>docker 20.10.24, cgroup v1</c>.</summary>
    public override string ToString() => $"docker {State.Version}, cgroup v{State.CgroupVersion}";

    /// <exception cref="NoContainerEngineException">There is none, or it does not answer; the message says what to do.</exception>
    public static async Task<ContainerEngine> FindAsync(CancellationToken cancellationToken)
    {
        var program = Programs.Find("docker")
            ?? throw new NoContainerEngineException("no container engine is installed. On Debian and Ubuntu: apt-get install docker.io");
        var (exitCode, output, errors) = await ProgramRun.OfAsync(program, ["info", "--format", "{{json .}}"], Patience, cancellationToken);
        return exitCode == 0 && EngineState.Parse(output) is { } state
            ? new ContainerEngine(program, state)
            : throw new NoContainerEngineException(
                $"{program} does not answer: {LastLine(errors, output)} Start it (systemctl start docker, or dockerd as root), "
                + "or join its group (usermod -aG docker USER)");
    }

    /// <summary>Runs a command of the engine.</summary>
    /// <returns>What it printed, without white space at its ends.</returns>
    /// <exception cref="ContainerException">It failed; the message is the engine's.</exception>
    internal async Task<string> RunAsync(CancellationToken cancellationToken, params IReadOnlyList<string> arguments)
    {
        var (exitCode, output, errors) = await TryAsync(cancellationToken, arguments);
        return exitCode == 0
            ? output.Trim()
            : throw new ContainerException($"docker {arguments[0]} failed: {LastLine(errors, output)}");
    }

    /// <summary>What a command prints line by line.</summary>
    /// <inheritdoc cref="RunAsync"/>
    internal async Task<IReadOnlyList<string>> LinesAsync(CancellationToken cancellationToken, params IReadOnlyList<string> arguments) =>
        (await RunAsync(cancellationToken, arguments)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The same without judgement.</summary>
    /// <exception cref="ContainerException">It did not end in time.</exception>
    internal async Task<ProgramRun> TryAsync(CancellationToken cancellationToken, params IReadOnlyList<string> arguments)
    {
        try
        {
            return await ProgramRun.OfAsync(Program, arguments, Patience, cancellationToken);
        }
        catch (LabStartException exception)
        {
            throw new ContainerException(exception.Message);
        }
    }

    private static string LastLine(string errors, string output)
    {
        var line = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault()?.Trim();
        return line ?? output.Trim();
    }
}

/// <summary>What an engine says of itself.</summary>
/// <param name="Version">Of the engine, not of the program that speaks to it.</param>
/// <param name="CgroupVersion">1 or 2.</param>
/// <param name="LimitsCpu">It can limit processor time.</param>
/// <param name="LimitsMemory">It can limit memory.</param>
/// <param name="System">The operating system it runs on.</param>
public sealed record EngineState(string Version, string CgroupVersion, bool LimitsCpu, bool LimitsMemory, string System)
{
    /// <param name="info">What <c>docker info</c> prints as JSON.</param>
    /// <returns>Null when no engine has answered: some versions of the program then leave the fields empty, and call it success.</returns>
    internal static EngineState? Parse(string info)
    {
        try
        {
            var fields = JsonNode.Parse(info);
            return (string?)fields?["ServerVersion"] is { Length: > 0 } version
                ? new EngineState(
                    version,
                    (string?)fields[nameof(CgroupVersion)] ?? "1",
                    (bool?)fields["CpuCfsQuota"] ?? false,
                    (bool?)fields["MemoryLimit"] ?? false,
                    (string?)fields["OperatingSystem"] ?? "")
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>There is no container engine to use; the message also says how to do without.</summary>
/// <param name="reason">Why, and how to get one.</param>
public sealed class NoContainerEngineException(string reason) : LabStartException($"{reason}; or run without containers: --isolation process")
{
    /// <summary>For those who do without anyway.</summary>
    public string Reason { get; } = reason;
}

/// <summary>The container engine refused or failed; the message is its own.</summary>
public sealed class ContainerException(string message) : LabStartException(message);
