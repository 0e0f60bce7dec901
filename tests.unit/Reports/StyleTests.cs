using System.Globalization;
using System.Text.RegularExpressions;
using Lab.Harness.Reports;

namespace Lab.Tests.Unit.Reports;

public sealed partial class StyleTests
{
    [Theory]
    [InlineData("light", "ink", "page", 4.5)]
    [InlineData("light", "muted", "page", 4.5)]
    [InlineData("light", "muted", "bad-wash", 4.5)]
    [InlineData("light", "link", "bad-wash", 4.5)]
    [InlineData("light", "good", "good-wash", 4.5)]
    [InlineData("light", "bad", "bad-wash", 4.5)]
    [InlineData("light", "doubt", "doubt-wash", 4.5)]
    [InlineData("dark", "ink", "page", 4.5)]
    [InlineData("dark", "muted", "page", 4.5)]
    [InlineData("dark", "muted", "bad-wash", 4.5)]
    [InlineData("dark", "link", "bad-wash", 4.5)]
    [InlineData("dark", "good", "good-wash", 4.5)]
    [InlineData("dark", "bad", "bad-wash", 4.5)]
    [InlineData("dark", "doubt", "doubt-wash", 4.5)]
    public void Text_has_the_contrast_that_wcag_aa_asks_for(string theme, string colour, string background, double least)
    {
        var colours = Colours(theme);
        Assert.True(Contrast(colours[colour], colours[background]) >= least);
    }

    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public void Lines_have_the_contrast_that_wcag_aa_asks_of_graphics(string theme)
    {
        var colours = Colours(theme);
        Assert.All(["s0", "s1", "s2", "s3", "s4", "s5", "neutral"], (string colour) => Assert.True(Contrast(colours[colour], colours["page"]) >= 3));
    }

    // The style sheet defines its colours twice, light first.
    private static Dictionary<string, string> Colours(string theme)
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream("Lab.Harness.Reports.Html.report.css")!;
        using var reader = new StreamReader(stream);
        var block = Root().Matches(reader.ReadToEnd())[theme == "light" ? 0 : 1].Value;
        return Definition().Matches(block).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["rgb"].Value);
    }

    private static double Contrast(string one, string other)
    {
        var (light, dark) = (Math.Max(Luminance(one), Luminance(other)), Math.Min(Luminance(one), Luminance(other)));
        return (light + 0.05) / (dark + 0.05);
    }

    // Relative luminance as WCAG 2 defines it.
    private static double Luminance(string rgb)
    {
        double Channel(int start)
        {
            var value = int.Parse(rgb.AsSpan(start, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.03928 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return (0.2126 * Channel(0)) + (0.7152 * Channel(2)) + (0.0722 * Channel(4));
    }

    [GeneratedRegex(":root \\{[^}]*--page[^}]*--ink[^}]*\\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Root();

    [GeneratedRegex("--(?<name>[\\w-]+): #(?<rgb>[0-9a-f]{6})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Definition();
}
