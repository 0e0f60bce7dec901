using Lab.LocalHost;
using Lab.Topology;

namespace Lab.Tests.Unit.LocalHost;

public sealed class PublishedLabTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;

    private static LabEndpoints Endpoints => new()
    {
        AdminToken = "secret",
        FaultProxyApi = new Uri("http://127.0.0.1:8474/"),
        Services = new Dictionary<string, ServiceEndpoints>(StringComparer.Ordinal)
        {
            ["trading-post"] = new(new Uri("http://127.0.0.1:5000/"), new Dictionary<string, string>(StringComparer.Ordinal) { ["peer-0"] = "127.0.0.1:5001" }),
        },
        Links = new Dictionary<string, string>(StringComparer.Ordinal),
        Databases = new Dictionary<string, string>(StringComparer.Ordinal),
    };

    private string File_ => Path.Combine(_state, "published.json");

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public void A_lab_is_found_while_it_is_published()
    {
        Assert.Null(PublishedLab.Find(_state));
        using (PublishedLab.Publish(Endpoints, _state))
        {
            var found = PublishedLab.Find(_state)!;
            Assert.Equal("secret", found.AdminToken);
            Assert.Equal(Endpoints.Services["trading-post"].Admin, found.Services["trading-post"].Admin);
            Assert.Equal("127.0.0.1:5001", found.Services["trading-post"].Endpoints["peer-0"]);
        }

        Assert.Null(PublishedLab.Find(_state));
        Assert.False(File.Exists(File_));
    }

    [Fact]
    public void Only_its_owner_can_read_where_it_is()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no modes here");
        using var published = PublishedLab.Publish(Endpoints, _state);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(File_));
        }
    }

    [Fact]
    public void A_lab_that_was_killed_is_not_found()
    {
        using var published = PublishedLab.Publish(Endpoints, _state);
        var text = File.ReadAllText(File_);
        // The same id, but of a process that began at another time.
        var other = System.Text.RegularExpressions.Regex.Replace(text, "\"StartTicks\":\\d+", "\"StartTicks\":1", default, TimeSpan.FromSeconds(1));
        Assert.NotEqual(text, other);
        File.WriteAllText(File_, other);
        Assert.Null(PublishedLab.Find(_state));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    public void What_is_half_written_is_not_found(string text)
    {
        File.WriteAllText(File_, text);
        Assert.Null(PublishedLab.Find(_state));
    }
}
