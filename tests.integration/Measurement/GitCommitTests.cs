using Lab.Harness.Measurement;

namespace Lab.Tests.Integration.Measurement;

public sealed class GitCommitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lab-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("case \"$*\" in *rev-parse*) echo 0123abc;; esac", "0123abc")]
    [InlineData("case \"$*\" in *rev-parse*) echo 0123abc;; *) echo ' M lab';; esac", "0123abc (modified)")]
    [InlineData("case \"$*\" in *rev-parse*) echo 0123abc;; *) exit 1;; esac", "0123abc (changes unknown)")]
    [InlineData("echo 'fatal: dubious ownership' >&2; exit 128", "unknown (not a git work tree)")]
    [InlineData("sleep 60", "unknown (git did not answer)")]
    public async Task Whatever_git_answers_the_commit_is_words(string script, string expected) =>
        Assert.Equal(expected, await GitCommit.ReadAsync(_folder, TestContext.Current.CancellationToken, Program(script)));

    [Fact]
    public async Task A_caller_that_gives_up_does_not_wait_for_git()
    {
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => GitCommit.ReadAsync(_folder, cancelled.Token, Program("sleep 60")));
    }

    private string Program(string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in for git is a shell script");
        var path = Path.Combine(_folder, "git");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }
}
