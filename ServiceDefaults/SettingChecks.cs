using System.Net;
using Lab.Transport.Native;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lab.ServiceDefaults;

/// <summary>
/// Checks of options. Each gives null, or one line that names the setting, says what it must be and what it is; secrets are
/// not repeated.
/// </summary>
public static class SettingChecks
{
    /// <summary>A service that may serve more must be able to serve so many.</summary>
    private const int FewestConnections = 256;

    /// <summary>The runtime has one for each library it loads; and some are never given to connections.</summary>
    private const int OwnDescriptors = 320;

    /// <summary>What is checked when the service starts, and whenever somebody asks for the options before.</summary>
    /// <param name="options">Bound to a section of the configuration.</param>
    /// <param name="problems">Of a value; nulls are none.</param>
    public static OptionsBuilder<TOptions> Check<TOptions>(
        this OptionsBuilder<TOptions> options, Func<TOptions, IEnumerable<string?>> problems)
        where TOptions : class
    {
        options.Services.AddSingleton<IValidateOptions<TOptions>>(new Validation<TOptions>(problems));
        return options.ValidateOnStart();
    }

    public static string? Between(string setting, long value, long min, long max) =>
        value >= min && value <= max ? null : FormattableString.Invariant($"{setting} must be between {min} and {max}, not {value}");

    public static string? Positive(string setting, TimeSpan value) =>
        value > TimeSpan.Zero ? null : FormattableString.Invariant($"{setting} must be a time above zero such as 00:00:10, not {value:c}");

    public static string? OneOf(string setting, string? value, IEnumerable<string> values) =>
        values.Contains(value, StringComparer.Ordinal) ? null : $"{setting} must be one of {string.Join(", ", values)}, not '{value}'";

    /// <summary>
    /// Whether this process may open as many descriptors as a service needs: as few clients as that could be served would make
    /// it look healthy and be of no use. Fewer than the setting needs will do as long as they are enough for
    /// <see cref="FewestConnections"/>: who comes when they are used up waits.
    /// </summary>
    /// <param name="what">The setting that says how many connections there may be, or who has them.</param>
    /// <param name="connections">How many.</param>
    /// <param name="descriptorsEach">What one takes.</param>
    public static string? OpenFiles(string what, int connections, int descriptorsEach = 1)
    {
        var limit = DescriptorLimit.Raise();
        var needed = OwnDescriptors + ((long)connections * descriptorsEach);
        var least = OwnDescriptors + ((long)Math.Min(connections, FewestConnections) * descriptorsEach);
        return limit.Current >= least
            ? null
            : FormattableString.Invariant($"the limit on open files is {limit.Current} (hard limit {limit.Hard}): {connections} connections ({what}) need {needed}, and a start {least} at least; type 'ulimit -n {needed}' in the shell that starts it");
    }

    /// <summary>Where to listen.</summary>
    public static string? Address(string setting, string? value) =>
        IPEndPoint.TryParse(value ?? "", out _) && value!.LastIndexOf(':') > value.LastIndexOf(']')
            ? null
            : $"{setting} must be ADDRESS:PORT such as 127.0.0.1:7000, not '{value}'";

    private sealed class Validation<TOptions>(Func<TOptions, IEnumerable<string?>> problems) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            var found = problems(options).OfType<string>().ToList();
            return found.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(found);
        }
    }
}
