using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Lab.Transport.Native;

/// <summary>An IPv4 address with port as the kernel writes it: struct sockaddr_in, in network byte order.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
public readonly struct SocketAddress4
{
    public const int Bytes = 16;

    private readonly ushort _family;
    private readonly ushort _portBigEndian;
    private readonly uint _addressBigEndian;

    public SocketAddress4(IPEndPoint endpoint)
        : this(BinaryPrimitives.ReadUInt32BigEndian(endpoint.Address.MapToIPv4().GetAddressBytes()), (ushort)endpoint.Port)
    {
    }

    /// <param name="address">127.0.0.1 is 0x7f000001.</param>
    /// <param name="port">0: the kernel chooses.</param>
    public SocketAddress4(uint address, ushort port)
    {
        _family = Constants.AddressFamilyIPv4;
        _portBigEndian = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port;
        _addressBigEndian = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(address) : address;
    }

    /// <summary>The kernel wrote such an address here, and not one of another family.</summary>
    internal bool IsIPv4 => _family == Constants.AddressFamilyIPv4;

    public uint Address => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(_addressBigEndian) : _addressBigEndian;

    public ushort Port => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(_portBigEndian) : _portBigEndian;

    public IPEndPoint ToEndPoint() => new(new IPAddress(_addressBigEndian), Port);
}
