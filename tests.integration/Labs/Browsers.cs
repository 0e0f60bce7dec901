using Lab.Processes;
using Microsoft.Playwright;

namespace Lab.Tests.Integration.Labs;

/// <summary>A real browser of this machine.</summary>
public sealed class Browsers : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    private readonly IPlaywright _playwright;

    private Browsers(IPlaywright playwright, IBrowser browser) => (_playwright, Browser) = (playwright, browser);

    public IBrowser Browser { get; }

    /// <summary>Skips the test where there is none.</summary>
    public static async Task<Browsers> OpenAsync()
    {
        var program = Programs.Find(Names);
        Assert.SkipWhen(program is null, "no chromium in /usr/bin or on the PATH: install it for tests in a browser");
        var playwright = await Playwright.CreateAsync();
        return new Browsers(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = program,
            Args = ["--no-sandbox", "--disable-gpu"],
        }));
    }

    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        _playwright.Dispose();
    }
}
