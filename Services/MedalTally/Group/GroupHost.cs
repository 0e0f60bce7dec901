using System.Net;
using System.Net.Sockets;
using Lab.MedalTally.Stores;
using Lab.Transport;
using Microsoft.Extensions.Logging;

namespace Lab.MedalTally.Group;

/// <summary>The group that this process takes part in, if it does; one at a time.</summary>
/// <param name="options">Addresses.</param>
/// <param name="secrets">Of the tiers.</param>
/// <param name="remoteRegister">Asks the register of the database server; null: it is this process's.</param>
/// <param name="registerFile">Of the register, where it is this process's.</param>
/// <param name="failed">Told of a defect.</param>
/// <param name="logger">For what goes wrong.</param>
internal sealed class GroupHost(
    MedalTallyOptions options, TallySecrets secrets, Func<RegisterRequest, Task<RegisterReply>>? remoteRegister, string registerFile, Action<Exception> failed, ILogger logger)
    : IAsyncDisposable
{
    private readonly SemaphoreSlim _changing = new(1);
    private volatile GroupMember? _member;

    /// <summary>Null: it takes part in none.</summary>
    public GroupMember? Member => _member;

    /// <summary>The register of the group, where that is this process's; null: it is not, or no group is open.</summary>
    public GroupRegister? Register { get; private set; }

    /// <summary>So many members a group can have.</summary>
    public int Most => options.Members.Count;

    /// <summary>Takes part in another group from now on, or in none.</summary>
    /// <param name="settings">Checked; null: none.</param>
    /// <param name="id">As which member.</param>
    /// <exception cref="IOException">Its address or its register cannot be used.</exception>
    public async Task SetAsync(GroupSettings? settings, int id)
    {
        await _changing.WaitAsync();
        try
        {
            if (_member is { } before)
            {
                (_member, Register) = (null, null);
                await before.DisposeAsync();
            }

            if (settings is null)
            {
                return;
            }

            var addresses = settings.ThroughLinks && options.MemberLinks.Count > 0 ? options.MemberLinks : options.Members;
            var place = new GroupPlace(id, IPEndPoint.Parse(options.Members[id]), [.. addresses.Take(settings.Members).Select(Addresses.Parse)], secrets.Tiers);
            Register = remoteRegister is null ? new GroupRegister(registerFile, settings.Run) : null;
            await BeginAsync(new GroupMember(settings, place, remoteRegister ?? AnswerAsync, failed, logger));
        }
        catch (SocketException exception)
        {
            throw new IOException($"the group's address {options.Members[id]} cannot be used: {exception.Message}", exception);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <returns>Null: it takes part in no group, or not any more.</returns>
    public async Task<GroupState?> StateAsync()
    {
        try
        {
            return _member is { } member ? await member.StateAsync() : null;
        }
        catch (StoreException)
        {
            return null;
        }
    }

    private async Task BeginAsync(GroupMember member)
    {
        try
        {
            await member.BeginAsync();
            _member = member;
        }
        catch
        {
            Register = null;
            await member.DisposeAsync();
            throw;
        }
    }

    private Task<RegisterReply> AnswerAsync(RegisterRequest request)
    {
        try
        {
            return Task.FromResult(Register!.Answer(request));
        }
        catch (StoreException exception)
        {
            return Task.FromException<RegisterReply>(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_member is { } member)
        {
            await member.DisposeAsync();
        }

        _changing.Dispose();
    }
}
