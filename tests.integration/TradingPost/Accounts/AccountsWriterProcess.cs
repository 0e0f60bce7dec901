using System.Diagnostics;
using System.Text.Json;
using Lab.Processes;
using Lab.TradingPost.Market;

namespace Lab.Tests.Integration.TradingPost.Accounts;

/// <summary>An <see cref="AccountsWriter"/> as a process of its own.</summary>
internal sealed class AccountsWriterProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ProcessIdentity _identity;
    private readonly List<(string Word, string Content)> _printed = [];
    private readonly TaskCompletionSource _claimed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private AccountsWriterProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _identity = ProcessIdentity.Of("accounts writer", _process.Id)!;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Every append that it was told is durable, so far.</summary>
    public IReadOnlyList<IReadOnlyList<AccountRecord>> Durable =>
        [.. All("durable").Select(json => JsonSerializer.Deserialize<IReadOnlyList<AccountRecord>>(json)!)];

    /// <summary>What it printed with a word, so far.</summary>
    public IReadOnlyList<string> All(string word)
    {
        lock (_printed)
        {
            return [.. _printed.Where(line => line.Word == word).Select(line => line.Content)];
        }
    }

    /// <param name="order">What it shall do.</param>
    /// <param name="inside">A program and its arguments that runs the writer; none: it runs as it is.</param>
    public static AccountsWriterProcess Start(AccountsWriter.Order order, params IReadOnlyList<string> inside) =>
        Start(AccountsWriter.Command, JsonSerializer.Serialize(order), inside);

    /// <summary>Another process that prints lines as an accounts writer does.</summary>
    /// <param name="command">Which.</param>
    /// <param name="order">What it shall do.</param>
    /// <param name="inside">A program and its arguments that runs it; none: it runs as it is.</param>
    public static AccountsWriterProcess Start(string command, string order, params IReadOnlyList<string> inside)
    {
        IReadOnlyList<string> all = [.. inside, Environment.ProcessPath!, command];
        var start = new ProcessStartInfo(all[0], all.Skip(1)) { UseShellExecute = false, RedirectStandardOutput = true };
        start.Environment[AccountsWriter.OrderSetting] = order;
        return new AccountsWriterProcess(start);
    }

    /// <summary>Skips the test where nothing can run inside a mount namespace of its own.</summary>
    public static async Task SkipUnlessMayMountAsync(IReadOnlyList<string> inside)
    {
        using var probe = Process.Start(inside[0], [.. inside.Skip(1), "true"]);
        await probe.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.SkipUnless(probe.ExitCode == 0, "a process may not mount file systems of its own here");
    }

    /// <summary>Until it has its first term.</summary>
    public Task WaitUntilClaimedAsync() => _claimed.Task.WaitAsync(Patience);

    public async Task WaitForExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        await _reading;
    }

    /// <summary>SIGKILL; afterwards everything that it printed is known.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await WaitForExitAsync();
    }

    /// <summary>SIGSTOP.</summary>
    public void Stop() => Signals.Suspend(_identity);

    /// <summary>SIGCONT.</summary>
    public void Continue() => Signals.Resume(_identity);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.EndsWith(AccountsWriter.EndOfLine, StringComparison.Ordinal))
            {
                continue;
            }

            var word = line[..^AccountsWriter.EndOfLine.Length].Split(' ', 2);
            lock (_printed)
            {
                _printed.Add((word[0], word[1]));
            }

            if (word[0] == "claimed")
            {
                _claimed.TrySetResult();
            }
        }

        _claimed.TrySetException(new InvalidOperationException("it ended before it had a term"));
    }
}
