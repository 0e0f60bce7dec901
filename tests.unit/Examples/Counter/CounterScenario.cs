using System.Globalization;
using System.Net.Sockets;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Running;
using Lab.Harness.Systems;
using Lab.Harness.Verdicts;
using Lab.Transport;

namespace Lab.Tests.Unit.Examples.Counter;

/// <summary>Clients that count up and read. Cells with as many clients share them.</summary>
public sealed class CounterScenario(LabControl lab) : IScenario
{
    public string System => CounterTopology.Name;

    public int Concurrency(Cell cell) => cell.Number(CounterModule.Clients);

    public string PopulationKey(Cell cell) => $"{Concurrency(cell)} clients";

    public async Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken)
    {
        var server = lab.Endpoints.Services[CounterTopology.Server].Endpoints[CounterTopology.ClientEndpoint];
        var clients = Enumerable.Range(0, Concurrency(cell)).Select(index => new CounterClient(index, server)).ToList();
        await clients[0].ReadyAsync(cancellationToken);
        return new CounterPopulation(clients, before: await clients[0].AskAsync(CounterModule.Get, cancellationToken));
    }

    private sealed class CounterPopulation(IReadOnlyList<CounterClient> clients, long before) : IPopulation
    {
        public Task ApplyAsync(Cell cell, CancellationToken cancellationToken) => Task.CompletedTask;

        public ILoad Load(Cell cell) => new CounterLoad([.. clients.Select(client => client.Doing(cell.Operation))]);

        /// <summary>Nothing acknowledged is lost: the number is what was there before and one for each addition.</summary>
        public async Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken)
        {
            var value = await clients[0].AskAsync(CounterModule.Get, cancellationToken);
            var added = clients.Sum(client => client.Added);
            var verdict = value == before + added
                ? VerdictResult.Kept($"all {added} acknowledged additions are in the number")
                : VerdictResult.Broken($"{added} additions were acknowledged, the number went from {before} to {value}");
            return cells.ToDictionary(cell => cell, _ => verdict);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }
    }

    /// <summary>A closed loop that also tells how long requests waited.</summary>
    private sealed class CounterLoad(IReadOnlyList<CounterClient> clients) : ILoad
    {
        private readonly ClosedLoop _loop = new(clients);

        public Task ReadyAsync(CancellationToken cancellationToken) => _loop.ReadyAsync(cancellationToken);

        public async Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken) =>
            WithWait(await _loop.RunAsync(operationsPerClient, cancellationToken));

        public async Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken) =>
            WithWait(await _loop.RunForAsync(duration, cancellationToken));

        private LoadOutcome WithWait(LoadOutcome outcome)
        {
            var waits = new LatencyHistogram();
            foreach (var client in clients)
            {
                client.TakeWaitsUs().ForEach(us => waits.Record(us * 1000));
            }

            return outcome with { Metrics = [new HistogramSample(CounterModule.Wait, waits)] };
        }
    }

    private sealed class CounterClient(int index, string server) : LoadClient(index), IAsyncDisposable
    {
        private readonly TcpClient _connection = new() { NoDelay = true };
        private readonly List<long> _waitsUs = [];
        private StreamReader? _reader;
        private StreamWriter? _writer;
        private string _operation = CounterModule.Get;

        /// <summary>Acknowledged additions.</summary>
        public long Added { get; private set; }

        public CounterClient Doing(string operation)
        {
            _operation = operation;
            return this;
        }

        public override async ValueTask ReadyAsync(CancellationToken cancellationToken)
        {
            if (_reader is null)
            {
                var address = Addresses.Parse(server);
                await _connection.ConnectAsync(address.Host, address.Port, cancellationToken);
                (_reader, _writer) = (new StreamReader(_connection.GetStream()), new StreamWriter(_connection.GetStream()) { AutoFlush = true });
            }
        }

        public override async ValueTask OperateAsync(CancellationToken cancellationToken)
        {
            if (await AskAsync(_operation, cancellationToken) < Added)
            {
                throw new WrongAnswerException("the number is smaller than what this client alone has added");
            }
        }

        public async Task<long> AskAsync(string operation, CancellationToken cancellationToken)
        {
            await _writer!.WriteLineAsync(operation.AsMemory(), cancellationToken);
            var answer = await _reader!.ReadLineAsync(cancellationToken) ?? throw new IOException("the server has closed the connection");
            var parts = answer.Split(' ');
            Added += operation == CounterModule.Add ? 1 : 0;
            _waitsUs.Add(long.Parse(parts[1], CultureInfo.InvariantCulture));
            return long.Parse(parts[0], CultureInfo.InvariantCulture);
        }

        public List<long> TakeWaitsUs()
        {
            List<long> taken = [.. _waitsUs];
            _waitsUs.Clear();
            return taken;
        }

        public async ValueTask DisposeAsync()
        {
            if (_writer is not null)
            {
                await _writer.DisposeAsync();
            }

            _reader?.Dispose();
            _connection.Dispose();
        }
    }
}
