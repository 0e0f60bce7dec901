using System.Text.Json.Serialization;

namespace Lab.Harness.Archive;

/// <summary>What processes said to each other, and what happened to them, by one clock.</summary>
/// <param name="Processes">Their names.</param>
/// <param name="Messages">That arrived.</param>
/// <param name="Events">In the order of time.</param>
public sealed record MessageTrace(IReadOnlyList<string> Processes, IReadOnlyList<TracedMessage> Messages, IReadOnlyList<TracedEvent> Events);

/// <summary>A message from one process to another one.</summary>
/// <param name="Name">What it says.</param>
/// <param name="From">Index of the process.</param>
/// <param name="To">Likewise.</param>
/// <param name="SentUs">In microseconds from the beginning of the trace.</param>
/// <param name="ReceivedUs">Likewise.</param>
public sealed record TracedMessage(
    string Name, int From, int To, [property: JsonPropertyName("sent_us")] double SentUs, [property: JsonPropertyName("received_us")] double ReceivedUs);

/// <summary>Something that happened at a process.</summary>
/// <param name="Name">What; shown beside it when it is short.</param>
/// <param name="Process">Index of the process.</param>
/// <param name="AtUs">In microseconds from the beginning of the trace.</param>
public sealed record TracedEvent(string Name, int Process, [property: JsonPropertyName("at_us")] double AtUs);
