using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Lab.Tests.Integration.Labs;
using Lab.Transport.Frames;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>Frames of every kind of nonsense against a real server: it lives on, and keeps nothing of them.</summary>
[Collection(SharedLabTests.Name)]
public sealed class HostileFramesTests(SharedLab lab)
{
    private const int DefaultInputs = 10_000;
    private const int FramesEach = 10;
    private const int Seed = 20_260_131;

    private static readonly string[] Requests =
    [
        "{\"id\":1,\"op\":\"login\",\"args\":{\"name\":\"nobody\",\"password\":\"password\"}}",
        "{\"id\":2,\"op\":\"display_items_for_sale\",\"session\":\"s1.AAAAAAAAAAAAAAAAAAAAAA\",\"args\":{\"after\":0}}",
        "{\"id\":3,\"op\":\"register_item_for_sale\",\"session\":\"s1.AAAAAAAAAAAAAAAAAAAAAA\",\"args\":{\"name\":\"\\ud800\",\"price\":1e-30}}",
        "[[[[[[[[[[[[[[[[[[[[", "{\"id\":1,\"id\":1}", "", "null",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static int Inputs =>
        int.TryParse(Environment.GetEnvironmentVariable("LAB_FUZZ_INPUTS"), CultureInfo.InvariantCulture, out var inputs) ? inputs : DefaultInputs;

    [Theory]
    [MemberData(nameof(Engines.Offered), MemberType = typeof(Engines))]
    public async Task A_server_lives_on_and_keeps_neither_descriptors_nor_places(string engine)
    {
        await lab.SetFactorsAsync(SharedLab.Replica, ("engine", engine));
        await using var other = await lab.NewSellerAsync(SharedLab.Replica);
        var pid = lab.Lab.ProcessIds()[SharedLab.Replica];
        await AttackAsync(new Random(Seed), connections: 50);
        var descriptors = await SettledDescriptorsAsync(pid, int.MaxValue);

        var random = new Random(Seed + 1);
        await AttackAsync(random, Inputs / FramesEach);
        await other.GetSellerRatingAsync(null, Token);
        Assert.Equal(pid, lab.Lab.ProcessIds()[SharedLab.Replica]);

        // Some more than before, as the runtime and the drivers like; not one for every connection.
        Assert.InRange(await SettledDescriptorsAsync(pid, descriptors + 20), 1, descriptors + 20);
    }

    private async Task AttackAsync(Random random, int connections)
    {
        for (var number = 0; number < connections; number++)
        {
            using var connection = await RawConnection.OpenAsync(lab.Server(SharedLab.Replica));
            try
            {
                for (var frame = 0; frame < FramesEach; frame++)
                {
                    await connection.SendAsync(Damage(random));
                }

                if (random.Next(3) == 0)
                {
                    connection.CloseSending();
                    while (await connection.ReadAsync() is not null)
                    {
                    }
                }
            }
            catch (SocketException)
            {
                // The server has given it up.
            }

            if (random.Next(2) == 0)
            {
                connection.Reset();
            }
        }
    }

    /// <summary>A frame, some of whose bytes, of its length too, are others, or of which a part is missing.</summary>
    private static byte[] Damage(Random random)
    {
        var payload = Encoding.UTF8.GetBytes(Requests[random.Next(Requests.Length)]);
        var wire = new byte[FrameFormat.HeaderBytes + payload.Length];
        FrameFormat.WriteLength(wire, payload.Length);
        payload.CopyTo(wire, FrameFormat.HeaderBytes);
        for (var change = random.Next(4); change > 0; change--)
        {
            wire[random.Next(random.Next(8) == 0 ? 0 : FrameFormat.HeaderBytes - 1, wire.Length)] = (byte)random.Next(256);
        }

        return random.Next(10) == 0 ? wire[..random.Next(wire.Length + 1)] : wire;
    }

    /// <summary>Descriptors of a process, when they are no more than so many or no longer become fewer.</summary>
    private static async Task<int> SettledDescriptorsAsync(int pid, int enough)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd");
        var count = int.MaxValue;
        for (var attempt = 0; attempt < 100; attempt++)
        {
            count = Directory.GetFileSystemEntries(folder).Length;
            if (count <= enough && attempt >= 10)
            {
                break;
            }

            await Task.Delay(100, Token);
        }

        return count;
    }
}
