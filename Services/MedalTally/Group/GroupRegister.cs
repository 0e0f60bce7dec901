using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Coordination.Multicast;
using Lab.MedalTally.Stores;

namespace Lab.MedalTally.Group;

/// <summary>What a member asks the register for.</summary>
/// <param name="Run">The group's.</param>
/// <param name="Node">Who asks.</param>
/// <param name="ClaimsTerm">It wants the next term, as leader.</param>
/// <param name="Term">It wants to know whether this term was given.</param>
/// <param name="Leader">To whom; null: to anybody.</param>
/// <param name="View">It wants this view to follow the present one.</param>
internal sealed record RegisterRequest(long Run, int Node, bool ClaimsTerm = false, long? Term = null, int? Leader = null, GroupView? View = null);

/// <summary>What the register has to say.</summary>
/// <param name="Term">The term that was given.</param>
/// <param name="WasGiven">Whether the term that was asked about was given to that leader.</param>
/// <param name="View">The present view, after what was asked for.</param>
internal sealed record RegisterReply(long Term, bool WasGiven, GroupView View);

/// <summary>What the register holds.</summary>
internal sealed record RegisterContent(long Run, IReadOnlyList<int> Leaders, GroupView View);

/// <summary>
/// Gives terms to leaders and successors to views, each once, so that a group never has two of them. It is the database server's:
/// without that nothing can be done anyway. In the file of a group that was opened before is what that was given, so that a
/// database server that is started again gives nothing twice.
/// </summary>
internal sealed class GroupRegister
{
    private readonly string _path;
    private readonly Lock _gate = new();
    private RegisterContent _content;

    /// <param name="path">Of its file.</param>
    /// <param name="run">Of the group: what the file holds of another one does not count.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public GroupRegister(string path, long run)
    {
        _path = path;
        _content = Read(path) is { } kept && kept.Run == run ? kept : new RegisterContent(run, [], GroupView.None);
    }

    /// <exception cref="StoreException">It cannot be written, or the request is of another group.</exception>
    public RegisterReply Answer(RegisterRequest request)
    {
        lock (_gate)
        {
            if (request.Run != _content.Run)
            {
                throw new StoreException("this is another group's register", isOutcomeUnknown: false);
            }

            if (request.ClaimsTerm)
            {
                Change(_content with { Leaders = [.. _content.Leaders, request.Node] });
            }
            else if (request.View is { } view && view.Number == _content.View.Number + 1)
            {
                Change(_content with { View = view });
            }

            var wasGiven = request.Term is { } term && term > 0 && term <= _content.Leaders.Count
                && (request.Leader ?? _content.Leaders[(int)term - 1]) == _content.Leaders[(int)term - 1];
            return new RegisterReply(_content.Leaders.Count, wasGiven, _content.View);
        }
    }

    /// <summary>Durable before anybody hears of it.</summary>
    private void Change(RegisterContent content)
    {
        const int MostTerms = 1_000_000;
        try
        {
            if (content.Leaders.Count > MostTerms)
            {
                throw new IOException($"more than {MostTerms} terms were claimed");
            }

            Lab.Journal.Disk.Replace(_path, JsonSerializer.SerializeToUtf8Bytes(content, RegisterJson.Default.RegisterContent));
            _content = content;
        }
        catch (IOException exception)
        {
            throw new StoreException($"the group's register cannot be written: {exception.Message}", isOutcomeUnknown: true, exception);
        }
    }

    private static RegisterContent? Read(string path)
    {
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(path), RegisterJson.Default.RegisterContent) ?? throw new JsonException("it holds nothing")
                : null;
        }
        catch (JsonException exception)
        {
            throw new IOException($"{path} is damaged: {exception.Message}; remove it, and open a new group", exception);
        }
    }
}

/// <summary>The JSON of the register. What is not there is not taken for null.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RegisterRequest))]
[JsonSerializable(typeof(RegisterReply))]
[JsonSerializable(typeof(RegisterContent))]
internal sealed partial class RegisterJson : JsonSerializerContext;
