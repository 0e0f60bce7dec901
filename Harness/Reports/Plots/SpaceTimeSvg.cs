using System.Xml.Linq;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports.Plots;

/// <summary>
/// Draws a space-time diagram (L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978), lying on its
/// side: a line for each process, time from left to right, an arrow for each message, a dot for each event.
/// </summary>
public static class SpaceTimeSvg
{
    private const double Width = 960;
    private const double Left = 120;
    private const double Right = Width - 24;
    private const double Top = 26;
    private const double LineGap = 74;
    private const double AxisHeight = 40;

    /// <summary>An event's name is printed when it has room; a pointer on the dot shows it always.</summary>
    private const double NameGap = 4;

    /// <param name="id">Unique in the document.</param>
    /// <param name="title">Of the drawing.</param>
    /// <param name="trace">Has at least one message.</param>
    public static string Render(string id, string title, MessageTrace trace)
    {
        var endUs = trace.Messages.Select(message => message.ReceivedUs).Concat(trace.Events.Select(happened => happened.AtUs)).Max();
        var scale = Scale.Between(0, Math.Max(endUs, 1), TickText.Latency);
        var bottom = Top + ((trace.Processes.Count - 1) * LineGap) + 24;
        var content = new List<XElement>();
        foreach (var tick in scale.Ticks)
        {
            content.Add(Svg.Path(Svg.Line([(X(tick.Value), Top - 14), (X(tick.Value), bottom)]), "grid"));
            content.Add(Svg.Text(X(tick.Value), bottom + 16, tick.Text, "tick middle"));
        }

        content.Add(Svg.Text((Left + Right) / 2, bottom + 34, "time", "middle"));
        for (var process = 0; process < trace.Processes.Count; process++)
        {
            content.Add(Svg.Text(0, Y(process) + 4, Svg.Fit(trace.Processes[process], Left - 14), "label"));
            content.Add(Svg.Path(Svg.Line([(Left, Y(process)), (Right, Y(process))]), "axis"));
        }

        content.AddRange(trace.Messages.Select(Arrow));
        content.AddRange(Events());
        return Svg.Render(id, title, Words(trace), Width, bottom + AxisHeight, content);

        double X(double us) => Left + (scale.Position(Math.Clamp(us, 0, endUs)) * (Right - Left));

        XElement Arrow(TracedMessage message)
        {
            const double Head = 6;
            var (x1, y1, x2, y2) = (X(message.SentUs), Y(message.From), X(message.ReceivedUs), Y(message.To));
            var length = Math.Max(1, Math.Sqrt(((x2 - x1) * (x2 - x1)) + ((y2 - y1) * (y2 - y1))));
            var (dx, dy) = ((x2 - x1) / length, (y2 - y1) / length);
            var line = Svg.Line([(x1, y1), (x2, y2)])
                + Svg.Line([(x2 - (Head * (dx + (dy / 2))), y2 - (Head * (dy - (dx / 2)))), (x2, y2), (x2 - (Head * (dx - (dy / 2))), y2 - (Head * (dy + (dx / 2))))]);
            return new XElement(
                "g",
                new XElement("title", Svg.Clean($"{trace.Processes[message.From]} to {trace.Processes[message.To]}: {message.Name}, {TickText.Latency(message.ReceivedUs - message.SentUs)} under way")),
                Svg.Path(line, $"message {Svg.Class(message.From, LineKind.Measured)}"));
        }

        IEnumerable<XElement> Events()
        {
            var free = Enumerable.Repeat(double.NegativeInfinity, trace.Processes.Count).ToArray();
            foreach (var happened in trace.Events)
            {
                var (x, y) = (X(happened.AtUs), Y(happened.Process));
                yield return Svg.Marker(x, y, happened.Process, LineKind.Measured, $"{trace.Processes[happened.Process]}: {happened.Name}, at {TickText.Latency(happened.AtUs)}");
                var width = Svg.TextWidth(happened.Name);
                var middle = Math.Min(x, Width - (width / 2));
                if (middle - (width / 2) > free[happened.Process])
                {
                    free[happened.Process] = middle + (width / 2) + NameGap;
                    yield return Svg.Text(middle, y - 10, happened.Name, "middle value");
                }
            }
        }
    }

    private static double Y(int process) => Top + (process * LineGap);

    private static string Words(MessageTrace trace) =>
        $"{trace.Messages.Count} messages between {string.Join(", ", trace.Processes)}; {string.Join("; ", trace.Events.Take(30).Select(happened => $"{trace.Processes[happened.Process]} {happened.Name}"))}";
}
