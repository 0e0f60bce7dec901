namespace Lab.Topology;

/// <summary>A lab that runs, whoever started it: all that experiments need of it.</summary>
public interface IRunningLab : IAsyncDisposable
{
    LabEndpoints Endpoints { get; }

    /// <summary>Process ids of what runs as processes of this machine, as they are now.</summary>
    IReadOnlyDictionary<string, int> ProcessIds();
}
