using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Measurement;
using Lab.Harness.Systems;
using Lab.Harness.Systems.Echo;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public sealed class ConnectionAnalyserTests
{
    [Fact]
    public void Engines_are_ranked_at_each_number_of_connections_with_what_they_cost_the_server()
    {
        var texts = Texts(
            new EngineRankingAnalyser(),
            EchoCells.Cell("threads", 100, 80_000, serverUs: 12),
            EchoCells.Cell("epoll", 100, 90_000, serverUs: 9),
            EchoCells.Cell("threads", 4000, 70_000, serverUs: 14),
            EchoCells.Cell("epoll", 4000, 71_000, serverUs: 10));

        Assert.Equal(
            [
                "At 100 connections: epoll 90.0 k/s (server 9.00 µs), threads 80.0 k/s (server 12.0 µs).",
                "At 4,000 connections: epoll 71.0 k/s (server 10.0 µs), threads 70.0 k/s (server 14.0 µs). "
                    + "No difference shown between epoll and threads.",
            ],
            texts);
    }

    [Fact]
    public void One_iteration_may_be_chance_and_one_engine_is_no_ranking()
    {
        Assert.EndsWith(
            "A single iteration: the order may be chance.",
            Assert.Single(Texts(
                new EngineRankingAnalyser(), EchoCells.Cell("threads", 100, 8, iterations: 1), EchoCells.Cell("epoll", 100, 9, iterations: 1))),
            StringComparison.Ordinal);
        Assert.Empty(Texts(new EngineRankingAnalyser(), EchoCells.Cell("epoll", 100, 9), EchoCells.Cell("epoll", 200, 9)));
        Assert.Empty(Texts(new EngineRankingAnalyser(), TestCells.At(1, 5, 5)));
    }

    [Theory]
    [InlineData(40_000, 5, 5, "It was not the limit; load and servers together kept 0.40 of 2 cores busy.")]
    [InlineData(190_000, 5, 5, "It was not the limit alone: load and servers share the machine and kept 1.9 of 2 cores busy.")]
    [InlineData(185_000, 0.5, 10, "It was the limit: faster servers would not show.")]
    public void The_load_is_held_against_its_own_ceiling(double throughput, double serverUs, double loadUs, string expected)
    {
        var text = Assert.Single(Texts(new LoadCeilingAnalyser(cores: 2), EchoCells.Cell("epoll", 100, throughput, serverUs, loadUs)));

        Assert.EndsWith(expected, text, StringComparison.Ordinal);
        Assert.Contains($"it could do about {Format.Rate(2e6 / loadUs)}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_number_of_cores_nothing_is_said_about_the_load()
    {
        CellResult[] cells = [EchoCells.Cell("epoll", 100, 50_000)];

        Assert.DoesNotContain(Analysers.Run(cells, SystemModules.Default), conclusion => conclusion.Topic == "The load itself");
        Assert.Contains(Analysers.Run(cells, SystemModules.Default, cores: 2), conclusion => conclusion.Topic == "The load itself");
    }

    [Fact]
    public void Idle_connections_are_weighed_and_not_timed()
    {
        var conclusions = Analysers.Run(
            [EchoCells.Held("threads", 10_000, 20_480, threads: true), EchoCells.Held("epoll", 10_000, 512, threads: false)], SystemModules.Default, cores: 2);

        Assert.Equal(
            "With 10,000 idle connections open, each of them costs the server: epoll 512 B (no more threads); "
            + "threads 20.0 KiB (10,000 threads more). Buffers in the kernel are not counted.",
            Assert.Single(conclusions).Text);
    }

    [Fact]
    public void Engines_of_a_connection_system_are_ranked_instead_of_paired()
    {
        var conclusions = Analysers.Run([EchoCells.Cell("threads", 100, 80_000), EchoCells.Cell("epoll", 100, 90_000)], SystemModules.Default);

        Assert.DoesNotContain(conclusions, conclusion => conclusion.Topic == "Engine");
        Assert.Contains(conclusions, conclusion => conclusion.Topic == "Engines");
    }

    [Fact]
    public void Processes_are_added_up_by_what_they_do_for_the_cell()
    {
        var cell = EchoCells.Full().Cells.Single(cell => cell.Group == "several-processes");

        Assert.Equal(9.6, ConnectionCells.ServerUs(cell)!.Value, 3);
        Assert.Equal(6, ProcessRoles.PerOperationUs(cell, ProcessRoles.Load)!.Value, 3);
        Assert.Equal(["server", "load"], ProcessRoles.Added(cell).Select(process => process.Name));
        Assert.Null(ConnectionCells.ServerUs(TestCells.At(1, 5, 5)));
    }

    [Fact]
    public void Growth_counts_from_a_hundred_connections_of_the_same_engine()
    {
        var series = ConnectionSeries.Of(
        [
            EchoCells.Cell("epoll", 1000, 50_000), EchoCells.Cell("epoll", 100, 50_000),
            EchoCells.Cell("threads", 1000, 50_000), EchoCells.Cell("epoll", 4000, 50_000).Losing(1),
        ]);

        Assert.Equal(["epoll", "threads"], series.Select(line => line.Setting));
        Assert.Equal((10, 10), (Math.Round(series[0].LatencyGrowth(1000)!.Value, 6), Math.Round(series[0].DurationGrowth(1000)!.Value, 6)));
        Assert.Null(series[0].LatencyGrowth(4000));
        Assert.Null(series[1].LatencyGrowth(1000));
    }

    private static List<string> Texts(IAnalyser analyser, params CellResult[] cells) =>
        [.. analyser.Analyse(cells).Select(conclusion => conclusion.Text)];
}
