using System.Runtime.InteropServices;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>
/// The 64 bytes of a request: the connection's number, the request's number, and six words that follow from both. No two
/// requests are equal, so a reply of another connection or of an earlier request is seen to be wrong.
/// </summary>
internal static class EchoRequest
{
    public const int Bytes = 64;

    private const ulong OfConnection = 0x9E3779B97F4A7C15;
    private const ulong OfRequest = 0xC2B2AE3D27D4EB4F;
    private const ulong OfWord = 0x165667B19E3779F9;

    public static void Write(Span<byte> bytes, long connection, long request)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes[..Bytes]);
        words[0] = (ulong)connection;
        words[1] = (ulong)request;
        var word = ((ulong)connection * OfConnection) ^ ((ulong)request * OfRequest);
        for (var i = 2; i < words.Length; i++)
        {
            word += OfWord;
            words[i] = word;
        }
    }
}
