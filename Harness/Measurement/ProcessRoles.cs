using Lab.Harness.Archive;

namespace Lab.Harness.Measurement;

/// <summary>
/// What processes do for a cell, as <see cref="ProcessUsage.Role"/> says it. A system may have others; those here mean the same
/// in every system, so that reports can compare them.
/// </summary>
public static class ProcessRoles
{
    /// <summary>All processes that serve the cell's clients.</summary>
    public const string Server = "server";

    /// <summary>All processes of the load.</summary>
    public const string Load = "load";

    /// <summary>Up, but for other cells.</summary>
    public const string Rest = "everything else";

    /// <summary>How results call the process of the harness.</summary>
    public const string Harness = "harness";

    /// <summary>The cell's processes, those of one role added up: the load and the rest last.</summary>
    public static IReadOnlyList<ProcessUsage> Added(CellResult cell) =>
    [
        .. cell.Processes
            .GroupBy(process => process.Role ?? process.Name, StringComparer.Ordinal)
            .Select(same => new ProcessUsage(same.Key, same.Sum(process => process.CpuS), same.Sum(process => process.PeakRssBytes)) { Role = same.First().Role })
            .OrderBy(role => role.Role switch { Load => 1, Rest => 2, _ => 0 }),
    ];

    /// <summary>Processor microseconds of all processes of a role per operation; null where the cell has none of them.</summary>
    public static double? PerOperationUs(CellResult cell, string role)
    {
        var processes = cell.Processes.Where(process => process.Role == role).ToList();
        return cell.Operations > 0 && processes.Count > 0 ? processes.Sum(process => process.CpuS) * 1e6 / cell.Operations : null;
    }
}
