using System.Net;
using Lab.Marketplace.Domain;

namespace Lab.Marketplace.Cli;

/// <summary>
/// Remembers the session between one-shot commands, per server and role, readable by its owner only. A session is not a
/// connection: the next command goes on with it.
/// </summary>
internal sealed class SessionFile(Role role, DnsEndPoint server)
{
    private static readonly string Folder = Environment.GetEnvironmentVariable("LAB_SESSION_FOLDER")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "lab", "sessions");

    private readonly string _path = Path.Combine(Folder, $"{role.Name()}-{server.Host.Replace(':', '_')}-{server.Port}");

    public string? Read() => File.Exists(_path) ? File.ReadAllText(_path).Trim() : null;

    /// <summary>Null forgets it.</summary>
    public void Write(string? session)
    {
        if (session is null)
        {
            File.Delete(_path);
            return;
        }

        Directory.CreateDirectory(Folder);
        var onlyForUs = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            onlyForUs.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new StreamWriter(_path, onlyForUs);
        file.Write(session);
    }
}
