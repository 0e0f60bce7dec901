using Lab.Harness.Running;
using Spectre.Console;

namespace Lab.Harness.Commands;

/// <summary>Shows how far a run is: one living line in a terminal, plain lines elsewhere.</summary>
internal abstract class ProgressView : IAsyncDisposable
{
    /// <summary>What suits the place where the output goes.</summary>
    public static ProgressView Open() =>
        AnsiConsole.Profile.Capabilities.Interactive && AnsiConsole.Profile.Capabilities.Ansi && !Console.IsOutputRedirected
            ? new TerminalProgress()
            : new PlainProgress();

    public abstract void Show(RunProgress progress);

    public abstract ValueTask DisposeAsync();

    private static string Describe(RunProgress progress) => string.Join(
        "  ",
        new[]
        {
            progress.Cell?.ToString(),
            progress.Step,
            progress.RateOps is { } rate ? $"{rate:N0} ops/s" : null,
            progress.TimeLeft is { } left ? $"about {left:h\\:mm\\:ss} left" : null,
        }.OfType<string>());

    /// <summary>A line per iteration: warm-up windows would only be noise in a log.</summary>
    private sealed class PlainProgress : ProgressView
    {
        public override void Show(RunProgress progress)
        {
            if (progress.Step != "warming up")
            {
                Console.WriteLine($"[{progress.Done,4}/{progress.Total}] {Describe(progress)}");
            }
        }

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class TerminalProgress : ProgressView
    {
        private readonly Channel _latest = new();
        private readonly Task _drawing;

        public TerminalProgress() => _drawing = DrawAsync();

        public override void Show(RunProgress progress) => _latest.Set(progress);

        /// <summary>A terminal that can no longer be drawn on is nobody's loss but its own.</summary>
        public override async ValueTask DisposeAsync()
        {
            _latest.Close();
            await _drawing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private Task DrawAsync() => AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async view =>
            {
                var task = view.AddTask("starting");
                while (await _latest.NextAsync() is { } progress)
                {
                    task.MaxValue = progress.Total;
                    task.Value = progress.Done;
                    task.Description = Markup.Escape(Describe(progress));
                }
            });

        /// <summary>Only the latest state matters: drawing never holds the measurement up.</summary>
        private sealed class Channel
        {
            private readonly System.Threading.Channels.Channel<RunProgress> _states =
                System.Threading.Channels.Channel.CreateBounded<RunProgress>(
                    new System.Threading.Channels.BoundedChannelOptions(1)
                    {
                        FullMode = System.Threading.Channels.BoundedChannelFullMode.DropOldest,
                    });

            public void Set(RunProgress progress) => _states.Writer.TryWrite(progress);

            public void Close() => _states.Writer.Complete();

            public async Task<RunProgress?> NextAsync() =>
                await _states.Reader.WaitToReadAsync() && _states.Reader.TryRead(out var progress) ? progress : null;
        }
    }
}
