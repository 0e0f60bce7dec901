using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems;
using Lab.LocalHost;
using Lab.Topology;

namespace Lab.Harness.Commands;

/// <summary>
/// The lab of a run; beside one in containers also one of processes when cells ask for it, so that both are measured in
/// the same rounds.
/// </summary>
internal sealed class RunningLabs : IAsyncDisposable
{
    private readonly LabControl _control;
    private readonly LocalLab? _processes;
    private readonly LabControl? _processControl;

    private RunningLabs(IRunningLab lab, LabTopology topology, LabControl control, LocalLab? processes, LabControl? processControl)
    {
        (Lab, _control, _processes, _processControl) = (lab, control, processes, processControl);
        Limits = new CellLimits(topology, lab as LocalLab);
    }

    public IRunningLab Lab { get; }

    /// <summary>Of its services.</summary>
    public CellLimits Limits { get; }

    /// <param name="plan">What will be measured.</param>
    /// <param name="topology">What is needed for it.</param>
    /// <param name="deployments">For the fault proxy.</param>
    /// <param name="options">Of the lab to start; null for the one that somebody else has started.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabStartException">One of them cannot be started; nothing is left running.</exception>
    public static async Task<RunningLabs> OpenAsync(
        Plan plan, LabTopology topology, Deployments deployments, LocalLabOptions? options, CancellationToken cancellationToken)
    {
        IRunningLab lab = options is null
            ? await AttachedLab.OpenAsync(topology, cancellationToken)
            : await LabConsole.StartAsync(topology, options, cancellationToken);
        try
        {
            var systems = plan.Cells.Where(ContainerFactors.RunsAsProcesses).Select(cell => cell.System).Distinct(StringComparer.Ordinal).ToList();
            if (options is null || systems.Count == 0)
            {
                return new RunningLabs(lab, topology, new LabControl(topology, lab.Endpoints, deployments), null, null);
            }

            var asProcesses = LabTopology.For(systems);
            var processes = await LabConsole.StartAsync(
                asProcesses,
                options with { Isolation = Isolation.Process, WithDashboard = false, StateFolder = LabFolders.ProcessesBeside(options.StateFolder) },
                cancellationToken);
            return new RunningLabs(
                lab,
                topology,
                new LabControl(topology, lab.Endpoints, deployments),
                processes,
                new LabControl(asProcesses, processes.Endpoints, deployments));
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <param name="seed">Of the run.</param>
    /// <param name="tracing">Of cells that do not say it.</param>
    /// <param name="reportFolder">For what scenarios have to say beyond the archive.</param>
    public IReadOnlyList<IScenario> Scenarios(long seed, string tracing, string reportFolder)
    {
        var usual = Of(_control, Lab);
        return _processes is null ? usual : [.. usual.Zip(Of(_processControl!, _processes), (first, second) => new SideBySideScenario(first, second))];

        IReadOnlyList<IScenario> Of(LabControl control, IRunningLab lab)
        {
            var context = new ScenarioContext(control, lab.ProcessIds, seed, tracing, reportFolder);
            return [.. SystemModules.Default.All.Select(system => system.Scenario(context))];
        }
    }

    /// <summary>Of all labs, as they are now.</summary>
    public IReadOnlyDictionary<string, int> ProcessIds() => _processes is null
        ? Lab.ProcessIds()
        : Lab.ProcessIds().Concat(_processes.ProcessIds().Select(process => KeyValuePair.Create($"{process.Key} (process)", process.Value)))
            .ToDictionary(StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        _control.Dispose();
        _processControl?.Dispose();
        await Lab.DisposeAsync();
        if (_processes is not null)
        {
            await _processes.DisposeAsync();
        }
    }
}
