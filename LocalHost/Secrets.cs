using System.Security.Cryptography;

namespace Lab.LocalHost;

/// <summary>Passwords and tokens: hexadecimal digits, so that they need no quotes anywhere.</summary>
internal static class Secrets
{
    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>A file that only this user can read; it is replaced.</summary>
    public static void Write(string path, params IEnumerable<string> lines)
    {
        var onlyForUs = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            onlyForUs.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new StreamWriter(path, onlyForUs);
        foreach (var line in lines)
        {
            file.WriteLine(line);
        }
    }

    /// <summary>The secret that a file keeps; it is made when there is none.</summary>
    /// <param name="path">The file; its folder is made.</param>
    /// <param name="isNew">There was none.</param>
    public static string Kept(string path, out bool isNew)
    {
        isNew = !File.Exists(path);
        if (isNew)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Write(path, New());
        }

        return File.ReadAllText(path).Trim();
    }
}
