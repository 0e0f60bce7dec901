using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Lab.Tests.Unit.Coordination;

/// <summary>Simulations that take all processors for a while: tests with clocks of their own run before them.</summary>
[CollectionDefinition(nameof(AllProcessors), DisableParallelization = true)]
public sealed class AllProcessors;

/// <summary>
/// Runs a simulation for many seeds, on all processors. With LAB_SEED in the environment only that one runs, so that a
/// failure is repeated, and tells what happens.
/// </summary>
public static class Seeds
{
    public const string Variable = "LAB_SEED";

    /// <summary>Runs seeds from 1 on; stops soon after a failure, and reports the smallest seed that failed.</summary>
    /// <param name="count">How many.</param>
    /// <param name="run">Throws when something is wrong.</param>
    /// <param name="type">For the command in the failure's message: the test's class, and method.</param>
    /// <param name="method">See <paramref name="type"/>.</param>
    public static void Run(int count, Action<int> run, Type type, [CallerMemberName] string method = "")
    {
        if (Chosen is { } chosen)
        {
            run(chosen);
            return;
        }

        var failures = new ConcurrentDictionary<int, Exception>();
        Parallel.For(1, count + 1, (seed, loop) =>
        {
            try
            {
                run(seed);
            }
#pragma warning disable CA1031 // Whatever it is, it is reported below with its seed.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failures[seed] = exception;
                loop.Break();
            }
        });
        if (!failures.IsEmpty)
        {
            var (seed, exception) = failures.MinBy(failure => failure.Key);
            Assert.Fail($"{exception.Message}\nRepeat: {Variable}={seed} artifacts/bin/Tests.Unit/release/Lab.Tests.Unit -showLiveOutput -method {type.FullName}.{method}\n{exception}");
        }
    }

    /// <summary>A time that is another one with every seed, whatever that is, and never long.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="stepUs">Between two seeds.</param>
    public static long Spread(int seed, long stepUs) => (uint)seed % 10_000 * stepUs;

    /// <summary>A line about the run, when it is the only one.</summary>
    public static void Tell(long nowUs, FormattableString what)
    {
        if (Chosen is not null)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{nowUs / 1e3,10:0.000} ms  ") + FormattableString.Invariant(what));
        }
    }

    private static int? Chosen { get; } =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;
}
