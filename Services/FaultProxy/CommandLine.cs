using System.Globalization;

namespace Lab.FaultProxy;

/// <summary>What the program may be told on its command line.</summary>
internal static class CommandLine
{
    public const string Help = """
        The fault proxy: forwards TCP connections, and makes them slow on demand (docs/fault-proxy.md).

        usage: Lab.FaultProxy [options]        serve, until Ctrl-C
               Lab.FaultProxy measure URL      what a running fault proxy, or a Toxiproxy, adds and how exact it is

          --seed N                             repeats the random choices of an earlier run
          --Service:AdminUrl URL               where the API listens, such as http://127.0.0.1:8474
          --FaultProxy:MaxConnections N        and the other settings of docs/fault-proxy.md
          --FaultProxy:Proxies:0:Name NAME     a proxy to start with; likewise Listen, Upstream and Enabled
          --help

        Every option can be an environment variable, too: FaultProxy__MaxConnections. An option's value may follow "=".
        Exit code 0: ended in order. 1: a setting cannot work, or nobody answers. 2: wrong arguments.
        """;

    private const string SeedOption = "--seed";
    private const string ProxiesOption = "Proxies:";

    /// <summary>Settings of other parts of a service, which know them.</summary>
    private static readonly string[] OtherSections = ["Service:", "Logging:"];

    public static bool IsHelp(string[] args) => args.Any(argument => argument is "--help" or "-h" or "-?");

    /// <summary>What is wrong with options; null when nothing is.</summary>
    public static string? FindProblem(string[] args)
    {
        for (var index = 0; index < args.Length; index++)
        {
            var (option, value) = args[index].Split('=', 2) is [var name, var given] ? (name, given) : (args[index], null);
            if (!option.StartsWith("--", StringComparison.Ordinal))
            {
                return $"unknown argument '{option}'; expected options such as --seed 42";
            }

            if (!IsKnown(ExpandAlias(option)["--".Length..]))
            {
                return $"unknown option '{option}'; expected --seed, --{FaultProxyOptions.Section}:SETTING or --Service:SETTING";
            }

            if (value is null && ++index == args.Length)
            {
                return $"option '{option}' needs a value";
            }
        }

        return null;
    }

    /// <summary>A short option in full.</summary>
    public static string ExpandAlias(string argument) =>
        argument == SeedOption || argument.StartsWith(SeedOption + "=", StringComparison.Ordinal)
            ? $"--{FaultProxyOptions.Section}:{nameof(FaultProxyOptions.Seed)}{argument[SeedOption.Length..]}"
            : argument;

    private static bool IsKnown(string key)
    {
        if (!key.StartsWith(FaultProxyOptions.Section + ":", StringComparison.OrdinalIgnoreCase))
        {
            return OtherSections.Any(section => key.StartsWith(section, StringComparison.OrdinalIgnoreCase));
        }

        var setting = key[(FaultProxyOptions.Section.Length + 1)..];
        return setting.StartsWith(ProxiesOption, StringComparison.OrdinalIgnoreCase)
            ? setting[ProxiesOption.Length..].Split(':') is [var number, var field]
                && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                && Has(typeof(FaultProxyOptions.ConfiguredProxy), field)
            : Has(typeof(FaultProxyOptions), setting);
    }

    private static bool Has(Type options, string setting) =>
        options.GetProperties().Any(property => string.Equals(property.Name, setting, StringComparison.OrdinalIgnoreCase));
}
