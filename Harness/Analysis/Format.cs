using System.Globalization;
using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>
/// Figures as people read them: three significant digits and a unit that keeps the number short. Every report uses these,
/// so that the same figure looks the same everywhere. What is not a number is printed as an en dash.
/// </summary>
public static class Format
{
    private const int Digits = 3;
    private const string Nothing = "–";

    private static readonly (double Size, string Name)[] TimeUnits = [(1e6, "s"), (1e3, "ms"), (1, "µs")];
    private static readonly (double Size, string Name)[] RateUnits = [(1e6, "M/s"), (1e3, "k/s"), (1, "/s")];
    private static readonly (double Size, string Name)[] ByteUnits =
        [(1L << 30, "GiB"), (1L << 20, "MiB"), (1L << 10, "KiB"), (1, "B")];

    /// <summary>A duration given in microseconds: <c>755 µs</c>, <c>1.70 ms</c>, <c>2.83 s</c>.</summary>
    public static string Latency(double us) => WithUnit(us, TimeUnits);

    /// <summary>Mean and half width of an interval in the unit of the mean: <c>68.9 ± 3.1 ms</c>.</summary>
    public static string Latency(double us, double ci95Us) => WithInterval(us, ci95Us, TimeUnits);

    /// <summary>Operations per second: <c>629/s</c>, <c>1.60 k/s</c>.</summary>
    public static string Rate(double perSecond) => WithUnit(perSecond, RateUnits);

    /// <summary>Mean and half width of an interval in the unit of the mean: <c>1.60 ± 0.12 k/s</c>.</summary>
    public static string Rate(double perSecond, double ci95) => WithInterval(perSecond, ci95, RateUnits);

    /// <summary>Memory: <c>183 MiB</c>.</summary>
    public static string Bytes(double bytes) => WithUnit(bytes, ByteUnits);

    /// <summary>A metric's value.</summary>
    public static string Value(MetricUnit unit, double value) => unit switch
    {
        MetricUnit.Microseconds => Latency(value),
        MetricUnit.Seconds => Latency(value * 1e6),
        MetricUnit.Bytes => Bytes(value),
        MetricUnit.PerSecond => Rate(value),
        MetricUnit.Ratio => Ratio(value),
        _ => double.IsInteger(value) ? Count((long)value) : Significant(value),
    };

    /// <summary>A metric's value, with the half width of its interval where it has one.</summary>
    public static string Value(MetricUnit unit, Estimate value) => unit switch
    {
        _ when value.Ci95 == 0 => Value(unit, value.Mean),
        MetricUnit.Microseconds => Latency(value.Mean, value.Ci95),
        MetricUnit.Seconds => Latency(value.Mean * 1e6, value.Ci95 * 1e6),
        MetricUnit.Bytes => WithInterval(value.Mean, value.Ci95, ByteUnits),
        MetricUnit.PerSecond => Rate(value.Mean, value.Ci95),
        _ => $"{Significant(value.Mean)} ± {Significant(value.Ci95, 2)}",
    };

    /// <summary>A quotient: <c>4.05×</c>.</summary>
    public static string Ratio(double ratio) => double.IsFinite(ratio) ? $"{Significant(ratio)}×" : Nothing;

    /// <summary>A share of one: 0.873 is <c>87.3 %</c>.</summary>
    public static string Percent(double share) => double.IsFinite(share) ? $"{Significant(share * 100)} %" : Nothing;

    /// <summary>A whole number with thousands separators: <c>1,000,000</c>.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number and its noun: <c>1 cell</c>, <c>48 cells</c>.</summary>
    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>How long a run took: <c>48 s</c>, <c>2 min 41 s</c>, <c>1 h 5 min</c>.</summary>
    public static string Duration(TimeSpan duration)
    {
        var seconds = (long)Math.Round(Math.Max(0, duration.TotalSeconds));
        return seconds switch
        {
            < 60 => $"{seconds} s",
            < 3600 => $"{seconds / 60} min" + (seconds % 60 > 0 ? $" {seconds % 60} s" : ""),
            _ => $"{Count(seconds / 3600)} h" + (seconds / 60 % 60 > 0 ? $" {seconds / 60 % 60} min" : ""),
        };
    }

    /// <summary>Day and time in UTC, to the minute.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) + " UTC";

    /// <summary>As it begins a sentence or a heading.</summary>
    public static string Capitalised(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>A number rounded to <paramref name="digits"/> significant digits, with thousands separators.</summary>
    public static string Significant(double value, int digits = Digits)
    {
        if (!double.IsFinite(value))
        {
            return Nothing;
        }

        var rounded = RoundSignificant(value, digits);
        var decimals = rounded == 0 ? 0 : Math.Clamp(digits - 1 - Magnitude(rounded), 0, 15);
        return rounded.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static string WithUnit(double value, (double Size, string Name)[] units)
    {
        if (!double.IsFinite(value))
        {
            return Nothing;
        }

        var (size, name) = UnitFor(value, units);
        return Significant(value / size) + Suffix(name);
    }

    private static string WithInterval(double mean, double ci95, (double Size, string Name)[] units)
    {
        if (!double.IsFinite(mean) || !double.IsFinite(ci95))
        {
            return WithUnit(mean, units);
        }

        var (size, name) = UnitFor(mean, units);
        return $"{Significant(mean / size)} ± {Significant(ci95 / size, 2)}{Suffix(name)}";
    }

    // A rate of 629/s reads as one word; every other unit stands apart from its number.
    private static string Suffix(string unit) => unit.StartsWith('/') ? unit : " " + unit;

    // Rounds before it chooses: 999.7 µs is 1.00 ms, never 1,000 µs.
    private static (double Size, string Name) UnitFor(double value, (double Size, string Name)[] units) =>
        Array.Find(units, unit => Math.Abs(RoundSignificant(value, Digits)) >= unit.Size) is { Name: not null } unit
            ? unit
            : units[^1];

    private static double RoundSignificant(double value, int digits)
    {
        if (value == 0 || Magnitude(value) is < -12 or > 15)
        {
            return Math.Abs(value) < 1e-12 ? 0 : value;
        }

        var decimals = digits - 1 - Magnitude(value);
        return decimals >= 0
            ? Math.Round(value, Math.Min(decimals, 15), MidpointRounding.AwayFromZero)
            : Math.Round(value / Math.Pow(10, -decimals), MidpointRounding.AwayFromZero) * Math.Pow(10, -decimals);
    }

    private static int Magnitude(double value) => (int)Math.Floor(Math.Log10(Math.Abs(value)));
}
