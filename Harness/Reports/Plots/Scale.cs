using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports.Plots;

/// <summary>A marked place on an axis.</summary>
public sealed record Tick(double Value, string Text);

/// <summary>Maps values to places along an axis: 0 is its start, 1 its end.</summary>
public sealed class Scale
{
    private const int MaxTicks = 6;
    private const int MaxLogTicks = 8;

    /// <summary>Values that span more than this factor are drawn on a logarithmic axis.</summary>
    private const double LogFrom = 12;

    private static readonly double[] Steps = [1, 2, 5, 10];
    private static readonly double[] LogSteps = [1, 2, 5];

    private readonly Func<double, double> _transform;

    private Scale(double min, double max, bool isLog, Func<double, double> transform, IReadOnlyList<Tick> ticks)
    {
        Min = min;
        Max = max;
        IsLog = isLog;
        Ticks = ticks;
        _transform = transform;
    }

    public double Min { get; }

    public double Max { get; }

    public bool IsLog { get; }

    public IReadOnlyList<Tick> Ticks { get; }

    /// <summary>0 at <see cref="Min"/>, 1 at <see cref="Max"/>; outside of them the nearer of the two.</summary>
    public double Position(double value)
    {
        var (from, to) = (_transform(Min), _transform(Max));
        return to > from ? Math.Clamp((_transform(value) - from) / (to - from), 0, 1) : 0.5;
    }

    /// <summary>Logarithmic where positive values span a wide range, linear from zero otherwise.</summary>
    public static Scale Of(IEnumerable<double> values, Func<double, string> text)
    {
        var finite = values.Where(double.IsFinite).ToList();
        var positive = finite.Where(value => value > 0).ToList();
        return positive.Count == finite.Count && positive.Count > 0 && positive.Max() / positive.Min() > LogFrom
            ? Log(positive.Min(), positive.Max(), text)
            : Linear(finite.Count > 0 ? finite.Max() : 1, text);
    }

    /// <summary>From zero to a round number at or above <paramref name="max"/>.</summary>
    /// <param name="max">The largest value.</param>
    /// <param name="text">A tick's label.</param>
    /// <param name="unit">Ticks are round numbers of it.</param>
    public static Scale Linear(double max, Func<double, string> text, double unit = 1)
    {
        var top = max > 0 && double.IsFinite(max) ? max : unit;
        var step = RoundStep(top / unit / (MaxTicks - 1)) * unit;
        var count = (int)Math.Ceiling((top / step) - 1e-9);
        var ticks = Enumerable.Range(0, count + 1).Select(index => new Tick(index * step, text(index * step)));
        return new Scale(0, count * step, isLog: false, value => value, [.. ticks]);
    }

    /// <summary>From the smaller to the larger of two values, whatever their signs; ticks at round numbers between them.</summary>
    public static Scale Between(double min, double max, Func<double, string> text)
    {
        var step = RoundStep(Math.Max(max - min, 1e-9) / (MaxTicks - 1));
        var first = (long)Math.Ceiling((min / step) - 1e-9);
        var count = (int)((long)Math.Floor((max / step) + 1e-9) - first + 1);
        var ticks = Enumerable.Range(0, Math.Max(0, count)).Select(index => (first + index) * step);
        return new Scale(min, max, isLog: false, value => value, [.. ticks.Select(tick => new Tick(tick, text(tick)))]);
    }

    /// <summary>Between the powers of ten, or their doubles and fivefolds, around two positive values.</summary>
    public static Scale Log(double min, double max, Func<double, string> text)
    {
        var marks = Marks(min, max);
        var labelled = marks.Count <= MaxLogTicks ? marks : [.. marks.Where(IsPowerOfTen)];
        var stride = Math.Max(1, (labelled.Count + MaxLogTicks - 1) / MaxLogTicks);
        var ticks = labelled.Where((_, index) => index % stride == 0).Select(mark => new Tick(mark, text(mark)));
        return new Scale(marks[0], marks[^1], isLog: true, Math.Log10, [.. ticks]);
    }

    /// <summary>An axis whose ticks are the values that were measured: 1+1, 10+10, 100+100.</summary>
    public static Scale Measured(IReadOnlyList<Tick> values)
    {
        var (min, max) = (values.Min(tick => tick.Value), values.Max(tick => tick.Value));
        var isLog = min > 0 && max / min > LogFrom;
        return new Scale(min, max, isLog, isLog ? Math.Log10 : value => value, values);
    }

    /// <summary>
    /// Shares of all operations on a scale that gives every further nine the same room: 0, 90 %, 99 %, 99.9 %, ... as in the
    /// percentile plots of HdrHistogram.
    /// </summary>
    public static Scale Nines(int nines)
    {
        var ticks = new List<Tick> { new(0, "0 %"), new(0.5, "50 %") };
        for (var nine = 1; nine <= nines; nine++)
        {
            var share = 1 - Math.Pow(10, -nine);
            ticks.Add(new Tick(share, $"{Math.Round(share * 100, Math.Max(0, nine - 2)):0.#####} %"));
        }

        return new Scale(0, ticks[^1].Value, isLog: false, share => -Math.Log10(Math.Max(1 - share, 1e-12)), ticks);
    }

    private static bool IsPowerOfTen(double mark) => Math.Abs(Math.Log10(mark) - Math.Round(Math.Log10(mark))) < 1e-9;

    private static List<double> Marks(double min, double max)
    {
        var marks = new List<double>();
        var (first, last) = ((int)Math.Floor(Math.Log10(min)), (int)Math.Ceiling(Math.Log10(max)));
        for (var power = first; power <= last; power++)
        {
            marks.AddRange(LogSteps.Select(multiple => multiple * Math.Pow(10, power)));
        }

        // The last mark at or below the smallest value, the first at or above the largest.
        var start = Math.Max(0, marks.FindLastIndex(mark => mark <= min * (1 + 1e-9)));
        var end = marks.FindIndex(mark => mark >= max * (1 - 1e-9));
        end = Math.Max(end < 0 ? marks.Count - 1 : end, start + 1);
        return marks.GetRange(start, Math.Min(end, marks.Count - 1) - start + 1);
    }

    private static double RoundStep(double step)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(step)));
        return Steps.First(multiple => multiple * power >= step * (1 - 1e-9)) * power;
    }
}

/// <summary>Axis labels: the figures of <see cref="Format"/> without trailing zeros.</summary>
public static class TickText
{
    public static string Latency(double us) => Short(us, Format.Latency(us));

    public static string Rate(double perSecond) => Short(perSecond, Format.Rate(perSecond));

    public static string Bytes(double bytes) => Short(bytes, Format.Bytes(bytes));

    /// <summary>For the values of a metric.</summary>
    public static Func<double, string> Of(MetricUnit unit) => value => Short(value, Format.Value(unit, value));

    // 2.00 ms is 2 ms on an axis: ticks are round numbers.
    private static string Short(double value, string text)
    {
        if (value == 0)
        {
            return "0";
        }

        var end = text.IndexOfAny([' ', '/', '×']);
        end = end < 0 ? text.Length : end;
        var number = text[..end];
        return (number.Contains('.', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number) + text[end..];
    }
}
