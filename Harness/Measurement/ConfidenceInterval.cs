using Lab.Harness.Archive;
using MathNet.Numerics.Distributions;

namespace Lab.Harness.Measurement;

/// <summary>
/// How far a mean over iterations may be off. Iterations, not single operations, are the sample: operations of one
/// iteration share its luck, so an interval over them would look far too narrow.
/// </summary>
public static class ConfidenceInterval
{
    private const double UpperTail = 0.975;

    /// <summary>The mean of the values with the half width of its 95 % confidence interval.</summary>
    /// <exception cref="ArgumentException">There are no values, or one is not a finite number.</exception>
    public static Estimate Mean95(IReadOnlyList<double> values) => values.Count == 0
        ? throw new ArgumentException("a mean needs at least one value", nameof(values))
        : new Estimate(values.Average(), HalfWidth95(values));

    /// <summary>
    /// Half width of the 95 % confidence interval of the mean by Student's t: t(0.975, n - 1) * s / sqrt(n). 0 for
    /// fewer than two values, of which nothing can be said.
    /// </summary>
    /// <exception cref="ArgumentException">A value is not a finite number.</exception>
    public static double HalfWidth95(IReadOnlyList<double> values)
    {
        if (!values.All(double.IsFinite))
        {
            throw new ArgumentException("every value must be a finite number", nameof(values));
        }

        if (values.Count < 2)
        {
            return 0;
        }

        var mean = values.Average();
        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        var t = StudentT.InvCDF(location: 0, scale: 1, freedom: values.Count - 1, UpperTail);
        return t * Math.Sqrt(variance / values.Count);
    }
}
