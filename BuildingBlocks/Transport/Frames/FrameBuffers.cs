using System.Buffers;

namespace Lab.Transport.Frames;

/// <summary>
/// Where frames get their memory. Large buffers have a pool of their own that keeps few of them: the shared pool would keep
/// whatever a burst of large frames once needed, for each thread and each size.
/// </summary>
internal static class FrameBuffers
{
    private const int LargeBytes = 64 * 1024;
    private const int LargestKeptBytes = 2 * 1024 * 1024;
    private const int KeptOfEachSize = 4;

    private static readonly ArrayPool<byte> Large = ArrayPool<byte>.Create(LargestKeptBytes, KeptOfEachSize);

    /// <returns>At least so many bytes; their content is anything.</returns>
    public static byte[] Rent(int bytes) => (bytes > LargeBytes ? Large : ArrayPool<byte>.Shared).Rent(bytes);

    public static void Return(byte[] buffer) => (buffer.Length > LargeBytes ? Large : ArrayPool<byte>.Shared).Return(buffer);
}
