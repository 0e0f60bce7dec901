using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Lab.Harness.Reports.Plots;

/// <summary>
/// The few SVG elements that plots are made of. Text is encoded by <see cref="XElement"/>; colours come from the report's
/// style sheet by class, so that one drawing serves light, dark and paper.
/// </summary>
public static class Svg
{
    /// <summary>Colours (classes <c>s0</c> ... <c>s5</c>) and marker shapes that differ from each other.</summary>
    public const int Styles = 6;

    private const double MarkerSize = 4.2;

    /// <summary>Width of a character as a share of the font size: an estimate on the safe side for the fonts in use.</summary>
    private const double CharacterWidth = 0.58;

    public static string Render(
        string id, string title, string description, double width, double height, IEnumerable<XElement> content) =>
        new XElement(
            "svg",
            new XAttribute("class", "plot"),
            new XAttribute("viewBox", $"0 0 {N(width)} {N(height)}"),
            new XAttribute("role", "img"),
            new XAttribute("aria-labelledby", $"{id}-title {id}-desc"),
            new XElement("title", new XAttribute("id", $"{id}-title"), Clean(title)),
            new XElement("desc", new XAttribute("id", $"{id}-desc"), Clean(description)),
            content).ToString(SaveOptions.DisableFormatting);

    public static XElement Path(string data, string cssClass) =>
        new("path", new XAttribute("class", cssClass), new XAttribute("d", data));

    public static XElement Text(double x, double y, string text, string cssClass) =>
        new("text", new XAttribute("class", cssClass), new XAttribute("x", N(x)), new XAttribute("y", N(y)), Clean(text));

    public static XElement Rectangle(double x, double y, double width, double height, string cssClass, string tip) => new(
        "rect",
        new XAttribute("class", cssClass),
        new XAttribute("x", N(x)),
        new XAttribute("y", N(y)),
        new XAttribute("width", N(Math.Max(width, 0.5))),
        new XAttribute("height", N(height)),
        tip.Length > 0 ? new XElement("title", Clean(tip)) : null);

    public static XElement Circle(double x, double y, double radius, string cssClass) => new(
        "circle",
        new XAttribute("class", cssClass),
        new XAttribute("cx", N(x)),
        new XAttribute("cy", N(y)),
        new XAttribute("r", N(radius)));

    /// <summary>A line through points, given as x and y by turns.</summary>
    public static string Line(IEnumerable<(double X, double Y)> points) =>
        string.Concat(points.Select((point, index) => $"{(index == 0 ? 'M' : 'L')}{N(point.X)} {N(point.Y)}"));

    /// <summary>A marker of the style's shape, with an area around it that makes its tip easy to hit.</summary>
    public static XElement Marker(double x, double y, int style, LineKind kind, string tip) => new(
        "g",
        tip.Length > 0 ? new XElement("title", Clean(tip)) : null,
        Circle(x, y, 10, "hit"),
        Path(MarkerShape(x, y, style), $"mark {Class(style, kind)}"));

    public static string Class(int style, LineKind kind)
    {
        var colour = style < 0 ? "sn" : "s" + (style % Styles).ToString(CultureInfo.InvariantCulture);
        return kind switch
        {
            LineKind.Published => colour + " published",
            LineKind.Limit => colour + " limit",
            _ => colour,
        };
    }

    /// <summary>Estimated width of a text in units of the drawing.</summary>
    public static double TextWidth(string text, double fontSize = 12) => text.Length * fontSize * CharacterWidth;

    /// <summary>The text, cut with an ellipsis to what fits into a width.</summary>
    public static string Fit(string text, double width)
    {
        // A text that fits exactly shall not be cut for the last bit of a division.
        var characters = (int)((width / TextWidth("x")) + 1e-6);
        return text.Length <= characters ? text : text[..Math.Max(1, characters - 1)].TrimEnd(' ', ',') + "…";
    }

    /// <summary>A number with one decimal at most.</summary>
    public static string N(double value) => Math.Round(value, 1).ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>The text without characters that XML cannot hold.</summary>
    public static string Clean(string text)
    {
        try
        {
            return XmlConvert.VerifyXmlChars(text);
        }
        catch (XmlException)
        {
            var clean = text.ToCharArray();
            for (var index = 0; index < clean.Length; index++)
            {
                var isPair = index + 1 < clean.Length && XmlConvert.IsXmlSurrogatePair(clean[index + 1], clean[index]);
                if (isPair)
                {
                    index++;
                }
                else if (!XmlConvert.IsXmlChar(clean[index]))
                {
                    clean[index] = '\uFFFD';
                }
            }

            return new string(clean);
        }
    }

    private static string MarkerShape(double x, double y, int style)
    {
        const double R = MarkerSize;
        const double Wide = R * 1.25;
        return (style < 0 ? 0 : style % Styles) switch
        {
            0 => $"M{N(x - R)} {N(y)}a{N(R)} {N(R)} 0 1 0 {N(2 * R)} 0a{N(R)} {N(R)} 0 1 0 {N(-2 * R)} 0z",
            1 => $"M{N(x - 3.8)} {N(y - 3.8)}h7.6v7.6h-7.6z",
            2 => $"M{N(x)} {N(y - Wide)}L{N(x + Wide)} {N(y + R)}L{N(x - Wide)} {N(y + R)}z",
            3 => $"M{N(x)} {N(y - Wide)}L{N(x + Wide)} {N(y)}L{N(x)} {N(y + Wide)}L{N(x - Wide)} {N(y)}z",
            4 => $"M{N(x)} {N(y + Wide)}L{N(x + Wide)} {N(y - R)}L{N(x - Wide)} {N(y - R)}z",
            _ => $"M{N(x - 1.6)} {N(y - 5)}h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4v-3.2h3.4z",
        };
    }
}
