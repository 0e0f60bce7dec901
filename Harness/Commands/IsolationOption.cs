using System.CommandLine;
using Lab.LocalHost;

namespace Lab.Harness.Commands;

/// <summary><c>--isolation process|container</c>, for the commands that start the lab.</summary>
internal static class IsolationOption
{
    private const string Process = "process";
    private const string Container = "container";

    public static Option<string> Create()
    {
        var option = new Option<string>("--isolation")
        {
            Description = "What the services run in: process, or container (each in its own, with an address of its own; wants a container engine).",
            DefaultValueFactory = _ => Process,
        };
        option.AcceptOnlyFromAmong(Process, Container);
        return option;
    }

    public static Isolation Of(ParseResult arguments, Option<string> option) =>
        arguments.GetRequiredValue(option) == Container ? Isolation.Container : Isolation.Process;
}
