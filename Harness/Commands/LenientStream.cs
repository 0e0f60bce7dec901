namespace Lab.Harness.Commands;

/// <summary>
/// The output of a terminal or pipe that may be gone: closed, or on a full disk. What cannot be shown is dropped; the work goes on,
/// and its result stands in files.
/// </summary>
internal sealed class LenientStream(Stream inner) : Stream
{
    private bool _isGone;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>A writer that passes every line on at once.</summary>
    public static TextWriter WriterFor(Stream output) => new StreamWriter(new LenientStream(output)) { AutoFlush = true };

    public override void Write(byte[] buffer, int offset, int count) => Try(() => inner.Write(buffer, offset, count));

    public override void Flush() => Try(inner.Flush);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Try(Action action)
    {
        if (_isGone)
        {
            return;
        }

        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _isGone = true;
        }
    }
}
