namespace Lab.Transport.Frames;

/// <summary>How requests and replies stand in the byte stream of a connection.</summary>
public enum Framing
{
    /// <summary>Each begins with its length (<see cref="FrameFormat"/>).</summary>
    LengthPrefixed,

    /// <summary>No frames: what has arrived is the request, and the reply's bytes follow each other. For an echo.</summary>
    None,
}
