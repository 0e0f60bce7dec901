using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.Calibration;

/// <summary>
/// What the machine gives without any system. Planned and run like a system; the stages know it by name, because every system
/// is told beside it.
/// </summary>
public static class CalibrationModule
{
    public const string Name = CalibrationTopology.Name;

    public const string RoundTrip = "tcp_round_trip";
    public const string HttpGet = "http_get";
    public const string Select = "select_by_key";
    public const string Insert = "insert_row";

    public const string Clients = "clients";

    public static SystemModule Create() => new()
    {
        Name = Name,
        Describe = (_, machine) => Describe(machine),
        Scenario = context => new CalibrationScenario(context.Lab, context.Seed),
    };

    public static SystemDescription Describe(MachineAbilities machine) => new(
        Name,
        [
            new OperationInfo(RoundTrip) { Title = "A small frame there and back over TCP: no request over the network can be faster." },
            new OperationInfo(HttpGet) { Title = "A GET that the web server answers with a constant: the bound of requests over HTTP." },
            new OperationInfo(Select, OperationAccess.Reads)
            {
                Title = "A SELECT of one row by primary key: the bound of reads that ask the database once per request.",
            },
            new OperationInfo(Insert, OperationAccess.Writes)
            {
                Title = "A durable INSERT of one row, committed to disk before the reply: the bound of writes with one commit each.",
            },
        ],
        new NumberFactor(Clients, 1, 10_000),
        ContainerFactors.All)
    {
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine),
    };
}
