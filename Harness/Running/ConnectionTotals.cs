using Lab.Harness.Archive;
using Lab.Harness.Load;
using Lab.Harness.Measurement;

namespace Lab.Harness.Running;

/// <summary>Adds up what the connections of a cell did, iteration by iteration.</summary>
internal sealed class ConnectionTotals
{
    private readonly List<double> _durationsS = [];
    private readonly List<ConnectionMemory> _memory = [];
    private long _open;
    private long _opened;
    private long _logLines;
    private double _connectS;
    private int _loadProcesses;

    /// <param name="outcome">Null for a load that is not about connections.</param>
    /// <param name="isWarmUp">Its connections count as opened and logged; how long they lasted means nothing.</param>
    public void Add(ConnectionOutcome? outcome, bool isWarmUp)
    {
        if (outcome is null)
        {
            return;
        }

        _open = Math.Max(_open, outcome.Open);
        _opened += outcome.Opened;
        _logLines += outcome.LogLines;
        _connectS += outcome.ConnectS;
        _loadProcesses = Math.Max(_loadProcesses, outcome.LoadProcesses);
        if (!isWarmUp && outcome.MeanDurationS is { } durationS)
        {
            _durationsS.Add(durationS);
        }

        if (outcome.Memory is not null)
        {
            _memory.Add(outcome.Memory);
        }
    }

    /// <summary>Null when there were no connections to speak of.</summary>
    public ConnectionFigures? ToFigures() => _opened == 0 ? null : new ConnectionFigures
    {
        Open = _open,
        Opened = _opened,
        LogLines = _logLines,
        Duration = _durationsS.Count == 0 ? null : ConfidenceInterval.Mean95(_durationsS),
        ConnectRate = _connectS > 0 ? _opened / _connectS : 0,
        LoadProcesses = _loadProcesses,
        // The median by growth: a reading of before and one of idle that belong together.
        Memory = _memory.OrderBy(memory => memory.PerConnectionBytes).ElementAtOrDefault(_memory.Count / 2),
    };
}
