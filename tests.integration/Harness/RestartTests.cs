using Lab.Harness.Running;
using Lab.LocalHost;
using Lab.Topology;

namespace Lab.Tests.Integration.Harness;

/// <summary>Experiments restart servers on purpose.</summary>
public class RestartTests
{
    [Fact]
    public async Task A_server_that_is_restarted_is_another_process_and_healthy()
    {
        var token = TestContext.Current.CancellationToken;
        var state = Directory.CreateTempSubdirectory("lab-test-").FullName;
        var topology = LabTopology.For(["calibration"]) with { Databases = [] };
        await using (var lab = await LocalLab.StartAsync(
            topology, new LocalLabOptions { StateFolder = state }, _ => { }, token))
        {
            using var control = new LabControl(topology, lab.Endpoints, null!);
            var pids = new List<int> { lab.ProcessIds()["calibration-echo"] };
            for (var restart = 0; restart < 3; restart++)
            {
                await control.SetFactorsAsync("calibration-echo", new Dictionary<string, string> { ["engine"] = "threads" }, token);
                await control.RestartAsync("calibration-echo", lab.ProcessIds, token);
                pids.Add(lab.ProcessIds()["calibration-echo"]);
            }

            Assert.Equal(4, pids.Distinct().Count());

            // A new process knows nothing of the factors of the old one: they are set again.
            Assert.True(await control.SetFactorsAsync("calibration-echo", new Dictionary<string, string> { ["engine"] = "threads" }, token));
        }

        Directory.Delete(state, recursive: true);
    }
}
