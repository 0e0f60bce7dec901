using System.Diagnostics;
using Lab.LocalHost.Resources;

namespace Lab.Tests.Integration.Containers;

/// <summary>Where <c>infra/containers/build</c> takes images from, with a stand-in for the engine that notes what it is told.</summary>
public sealed class ImageScriptTests : IDisposable
{
    /// <summary>Stand-ins for registries.</summary>
    private const string Silent = "exec sleep 600";
    private const string Refusing = "echo 'no such host' >&2; exit 1";
    private const string Slow = "echo '7.4: Pulling from library/redis'; sleep 3; echo 'Digest: none'";

    private readonly string _folder = Directory.CreateTempSubdirectory("lab-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Silent, "docker.io has not answered within 1 s")]
    [InlineData(Refusing, "no such host")]
    public async Task A_registry_that_gives_nothing_is_asked_once_and_the_images_are_made_without_it(string registry, string why)
    {
        var (exitCode, images, progress) = await BuildAsync(registry, "redis", "mysql", "EchoServer");
        Assert.True(exitCode == 0, progress);
        Assert.Contains(why, progress, StringComparison.Ordinal);
        Assert.Equal(["docker.io/library/redis:7.4", "mcr.microsoft.com/dotnet/aspnet:10.0"], Pulled());
        Assert.Equal(["redis lab/redis", "mysql lab/mysql", "EchoServer lab/echoserver"], images.Select(image => image.Split(':')[0]));
    }

    [Fact]
    public async Task Where_only_a_registry_may_serve_its_silence_is_the_end_and_is_said()
    {
        var (exitCode, images, progress) = await BuildAsync(Silent, "--from", "registry", "redis", "mysql");
        Assert.Equal(3, exitCode);
        Assert.Contains("docker.io has not answered within 1 s", progress, StringComparison.Ordinal);
        Assert.Empty(images);
        Assert.Single(Pulled());
    }

    [Fact]
    public async Task A_registry_that_has_answered_may_take_its_time()
    {
        var (exitCode, images, progress) = await BuildAsync(Slow, "--mysql", "docker.io/library/mysql:8.4", "redis", "mysql");
        Assert.True(exitCode == 0, progress);
        Assert.Equal(["redis docker.io/library/redis:7.4", "mysql docker.io/library/mysql:8.4"], images);
        Assert.Equal(["docker.io/library/redis:7.4", "docker.io/library/mysql:8.4"], Pulled());
    }

    [Fact]
    public async Task Without_registries_none_is_asked()
    {
        var (exitCode, _, progress) = await BuildAsync(Silent, "--from", "debian", "redis", "mysql", "FaultProxy");
        Assert.True(exitCode == 0, progress);
        Assert.Empty(Pulled());
    }

    private string Calls => Path.Combine(_folder, "calls");

    private List<string> Pulled() => [.. File.ReadLines(Calls).Where(call => call.StartsWith("pull ", StringComparison.Ordinal)).Select(call => call["pull ".Length..])];

    /// <param name="registry">What a pull does.</param>
    /// <param name="arguments">Of the script.</param>
    private async Task<(int ExitCode, string[] Images, string Progress)> BuildAsync(string registry, params string[] arguments)
    {
        // It has Debian already, which would take half a minute and root.
        var engine = Path.Combine(_folder, "engine");
        await File.WriteAllTextAsync(engine, $"""
            #!/bin/bash
            echo "$*" >>'{Calls}'
            case "$1 $2" in
              "version "*) ;;
              "image inspect") [[ "$3" == lab/debian:* ]] ;;
              "image ls") ;;
              "pull "*) {registry} ;;
              *) cat >/dev/null ;;
            esac
            """);
        File.SetUnixFileMode(engine, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var (programs, configuration) = ServicePrograms.Output();
        var script = Path.Combine(programs.Parent!.Parent!.FullName, "infra", "containers", "build");
        using var build = Process.Start(new ProcessStartInfo(
            script, ["--engine", engine, "--programs", programs.FullName, "--configuration", configuration, "--answer-within", "1", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var token = TestContext.Current.CancellationToken;
        var images = build.StandardOutput.ReadToEndAsync(token);
        var progress = await build.StandardError.ReadToEndAsync(token);
        await build.WaitForExitAsync(token);
        return (build.ExitCode, (await images).Split('\n', StringSplitOptions.RemoveEmptyEntries), progress);
    }
}
