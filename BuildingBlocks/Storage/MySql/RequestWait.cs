using System.Diagnostics;
using Lab.Telemetry.Requests;

namespace Lab.Storage.MySql;

/// <summary>A request that waits for the database, when it is traced.</summary>
internal readonly struct RequestWait
{
    private readonly long _sinceTimestamp;

    private RequestWait(RequestTrace request) => (Request, _sinceTimestamp) = (request, Stopwatch.GetTimestamp());

    public RequestTrace? Request { get; }

    /// <summary>Of the request that the caller works for.</summary>
    public static RequestWait Begin() => RequestTrace.Current is { } request ? new RequestWait(request) : default;

    /// <summary>Tells the request how long it waited for a connection, and how long the database worked for it.</summary>
    /// <param name="times">Of the job.</param>
    /// <param name="sharedBy">Requests that the job was done for.</param>
    public void Note(DatabaseTimes times, int sharedBy)
    {
        if (Request is null || times.StartedTimestamp == 0)
        {
            return;
        }

        var committing = times.EndedTimestamp - times.CommitTicks;
        Request.Add(RequestStage.Queue, _sinceTimestamp, times.StartedTimestamp);
        Request.Add(RequestStage.Database, times.StartedTimestamp, committing, sharedBy, times.Span);
        if (times.CommitTicks > 0)
        {
            Request.Add(RequestStage.Commit, committing, times.EndedTimestamp, sharedBy);
        }
    }
}
