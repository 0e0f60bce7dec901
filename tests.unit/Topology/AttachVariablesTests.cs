using Lab.Topology;

namespace Lab.Tests.Unit.Topology;

public class AttachVariablesTests
{
    private static LabEndpoints Endpoints => new()
    {
        AdminToken = "the-token",
        FaultProxyApi = new Uri("http://127.0.0.1:20001"),
        Services = new Dictionary<string, ServiceEndpoints>(StringComparer.Ordinal)
        {
            ["seller-server"] = new(
                new Uri("http://127.0.0.1:20002"), new Dictionary<string, string>(StringComparer.Ordinal) { ["clients"] = "127.0.0.1:20003" }),
            ["without-clients"] = new(new Uri("http://127.0.0.1:20004"), new Dictionary<string, string>(StringComparer.Ordinal)),
        },
        Links = new Dictionary<string, string>(StringComparer.Ordinal) { ["client-to-seller-server"] = "127.0.0.1:20005" },
        Databases = new Dictionary<string, string>(StringComparer.Ordinal) { ["mysql"] = "Server=127.0.0.1;Port=20006;Password=secret" },
    };

    [Fact]
    public void What_is_written_is_read_again()
    {
        var given = AttachVariables.Of(Endpoints).Append(KeyValuePair.Create("PATH", "/usr/bin")).ToDictionary(StringComparer.Ordinal);
        var read = AttachVariables.Read(given);
        Assert.Equal("the-token", read.AdminToken);
        Assert.Equal(Endpoints.FaultProxyApi, read.FaultProxyApi);
        Assert.Equal(Endpoints.Services.Keys, read.Services.Keys);
        Assert.Equal(Endpoints.Services["seller-server"].Admin, read.Services["seller-server"].Admin);
        Assert.Equal("127.0.0.1:20003", read.Services["seller-server"].Endpoints["clients"]);
        Assert.Empty(read.Services["without-clients"].Endpoints);
        Assert.Equal(Endpoints.Links, read.Links);
        Assert.Equal(Endpoints.Databases, read.Databases);
        Assert.Empty(AttachVariables.ReadProcessIds(given));
    }

    [Theory]
    [InlineData("LAB_ATTACH__ADMIN_TOKEN", null, "LAB_ATTACH__ADMIN_TOKEN is missing")]
    [InlineData("LAB_ATTACH__FAULT_PROXY_API", null, "LAB_ATTACH__FAULT_PROXY_API is missing")]
    [InlineData("LAB_ATTACH__FAULT_PROXY_API", "127.0.0.1:1", "LAB_ATTACH__FAULT_PROXY_API is not an http URL")]
    [InlineData("LAB_ATTACH__SERVICES__seller-server__ADMIN", "nonsense", "LAB_ATTACH__SERVICES__seller-server__ADMIN is not an http URL")]
    public void What_is_wrong_is_named_without_its_value(string name, string? value, string message)
    {
        var variables = AttachVariables.Of(Endpoints).ToDictionary(StringComparer.Ordinal);
        variables.Remove(name);
        if (value is not null)
        {
            variables[name] = value;
        }

        Assert.Equal(message, Assert.Throws<FormatException>(() => AttachVariables.Read(variables)).Message);
    }

    [Fact]
    public void Processes_that_cannot_be_asked_are_named_by_their_ids()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { [AttachVariables.ProcessId("mysql")] = "4711" };
        Assert.Equal(4711, AttachVariables.ReadProcessIds(variables)["mysql"]);
        variables[AttachVariables.ProcessId("redis")] = "many";
        Assert.Throws<FormatException>(() => AttachVariables.ReadProcessIds(variables));
    }
}
