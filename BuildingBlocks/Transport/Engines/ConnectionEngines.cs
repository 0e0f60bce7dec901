using Lab.Transport.Engines.Loops;

namespace Lab.Transport.Engines;

/// <summary>The engines of this lab: those that this machine can run, and why it cannot run the others.</summary>
public static class ConnectionEngines
{
    /// <summary>Looked at once: io_uring is asked for to know whether the kernel grants it.</summary>
    private static readonly Lazy<IReadOnlyList<(string Name, string? WhyNot, Func<int?, IConnectionEngine> Create)>> All = new(() =>
    [
        ("threads", null, _ => new ThreadsEngine()),
        ("select", IfLinux, _ => new PollEngine()),
        ("epoll", IfLinux, workers => new EpollEngine(workers)),
        ("async", null, _ => new AsyncEngine()),
        ("uring", UringEngine.WhyNot(), workers => new UringEngine(workers)),
    ]);

    private static string? IfLinux => OperatingSystem.IsLinux() ? null : "it is made of Linux system calls";

    /// <summary>Names of the engines that run here.</summary>
    public static IReadOnlyList<string> Offered => [.. All.Value.Where(engine => engine.WhyNot is null).Select(engine => engine.Name)];

    /// <summary>Engines that do not run here, with the reason.</summary>
    public static IReadOnlyDictionary<string, string> NotOffered =>
        All.Value.Where(engine => engine.WhyNot is not null).ToDictionary(engine => engine.Name, engine => engine.WhyNot!, StringComparer.Ordinal);

    /// <summary>How many connections an engine can hold here at most, with the reason; null: as many as there are descriptors.</summary>
    public static (int Connections, string Reason)? Most(string name) => name == "threads"
        ? (ThreadsEngine.MostConnections(), "one thread each, and the kernel has no more for one process (vm.max_map_count, kernel.pid_max)")
        : null;

    /// <param name="name">One of <see cref="Offered"/>.</param>
    /// <param name="workers">Worker threads of the engines that have such; null: as many as there are processors.</param>
    /// <exception cref="ArgumentException">No such engine, or it does not run here.</exception>
    public static IConnectionEngine Create(string name, int? workers = null) =>
        All.Value.FirstOrDefault(engine => engine.Name == name) switch
        {
            { Create: null } => throw new ArgumentException($"there is no engine '{name}'", nameof(name)),
            { WhyNot: { } reason } => throw new ArgumentException($"the engine '{name}' does not run here: {reason}", nameof(name)),
            var engine => engine.Create(workers),
        };
}
