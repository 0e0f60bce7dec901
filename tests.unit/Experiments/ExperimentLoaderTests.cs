using Lab.Harness.Experiments;
using Lab.Harness.Systems;

namespace Lab.Tests.Unit.Experiments;

public class ExperimentLoaderTests
{
    [Fact]
    public void A_file_becomes_an_experiment_with_everything_it_says()
    {
        var experiment = ExperimentSamples.Load(ExperimentSamples.Valid);

        Assert.Equal(("sample", "marketplace", "A sample", "Some words."), (experiment.Name, experiment.System, experiment.Title, experiment.Summary));
        Assert.Equal(["first", "second"], experiment.Groups.Select(group => group.Name));
        Assert.Equal([null, "calibration"], experiment.Groups.Select(group => group.System));
        Assert.Equal(["operation", "clients", "engine", "cache"], experiment.Groups[0].Matrix.Keys);
        Assert.Equal(["1+1", "10+20"], experiment.Groups[0].Matrix["clients"]);
        Assert.Equal(["off"], experiment.Groups[0].Matrix["cache"]);
        var quick = experiment.Groups[0].Presets["quick"];
        Assert.Equal((3, 5), (quick.Iterations, quick.OperationsPerClient));
        Assert.Equal([["engine"], ["engine", "clients"]], quick.Where.Select(selection => selection.Keys));
        Assert.Empty(experiment.Groups[0].Presets["full"].Where);
        Assert.Equal(["full"], experiment.Groups[1].Presets.Keys);
    }

    [Theory]
    [InlineData("0.01", 0.01)]
    [InlineData("1", 1)]
    public void A_share_may_be_a_fraction(string text, double share)
    {
        var experiment = ExperimentSamples.Load(ExperimentSamples.With(("    matrix:\n      operation: [search", $"    errors_at_most: {text}\n    matrix:\n      operation: [search")));

        Assert.Equal(share, experiment.Groups[0].ErrorsAtMost);
    }

    [Fact]
    public void An_unknown_key_is_refused_with_file_line_column_and_what_was_expected()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("sample.yaml", ExperimentSamples.With(("        iterations: 3\n", "        iteration: 3\n")));

        var refusal = Assert.Throws<InvalidFileException>(() => new ExperimentLoader(ExperimentSamples.Catalog).LoadFile(path));

        Assert.Equal(
            $"{path}:19:9: 'quick': missing key 'iterations'; expected how often each cell is repeated, 1 to 1000 times\n"
            + $"{path}:19:9: unknown key 'iteration'; did you mean 'iterations'? "
            + "expected one of: iterations, operations_per_client, operations_at_least, operations_at_most, where",
            refusal.Message);
    }

    [Theory]
    [InlineData("name: sample", "name: simple", "1:7: 'name': expected the file's name 'sample', found 'simple'")]
    [InlineData("system: marketplace", "system: market", "2:9: unknown system 'market'; expected one of: marketplace, echo, trading-post, medal-tally, calibration")]
    [InlineData("system: calibration", "system: calibratoin", "26:13: unknown system 'calibratoin'; did you mean 'calibration'? expected one of: marketplace, echo, trading-post, medal-tally, calibration")]
    [InlineData("title: A sample\n", "", "1:1: the file: missing key 'title'; expected a heading for the report")]
    [InlineData("title: A sample", "title: [A, sample]", "3:8: 'title': expected text, found a list")]
    [InlineData("summary: Some words.", "summary: ''", "4:10: 'summary': expected text that does not begin with a space, found ''")]
    [InlineData("name: second", "name: first", "25:11: 'name': 'first' is the name of an earlier group; expected another")]
    [InlineData("name: second", "name: Second One", "25:11: 'name': expected small letters, digits, dashes and underscores, beginning with a letter, at most 64, found 'Second One'")]
    [InlineData("iterations: 10", "iterations: 0", "16:21: 'iterations': expected a whole number from 1 to 1000, found 0")]
    [InlineData("iterations: 10", "iterations: 1001", "16:21: 'iterations': expected a whole number from 1 to 1000, found 1001")]
    [InlineData("iterations: 10", "iterations: many", "16:21: 'iterations': expected a whole number, found 'many'")]
    [InlineData("operations_per_client: 1000", "operations_per_client: 1000001", "17:32: 'operations_per_client': expected a whole number from 1 to 1000000, found 1000001")]
    [InlineData("operations_per_client: 1000", "operations_per_client: 0", "17:32: 'operations_per_client': expected a whole number from 1 to 1000000, found 0")]
    [InlineData("    matrix:\n      operation: [tcp", "    errors_at_most: 1.5\n    matrix:\n      operation: [tcp", "29:21: 'errors_at_most': expected a number from 0 to 1, found 1.5")]
    [InlineData("iterations: 10", "iterations: *ten", "16:21: alias '*ten' is not supported; write the value itself")]
    [InlineData("      full:\n        iterations: 10", "      fulll:\n        iterations: 10", "15:7: unknown key 'fulll'; did you mean 'full'? expected one of: quick, full")]
    public void A_wrong_value_is_refused(string old, string replacement, string expected) =>
        Assert.Equal([expected], ExperimentSamples.Refusals(ExperimentSamples.With((old, replacement))));

    [Theory]
    [InlineData("search_items,", "search_item,", "10:19: 'operation': found 'search_item'; did you mean 'search_items'? expected one of: get_seller_rating, search_items, display_items_for_sale, register_item_for_sale")]
    [InlineData("[1+1, 10+20]", "[1+1, 10+20, 0+1]", "11:29: 'clients': found '0+1'; expected sellers+buyers, such as 10+10, each from 1 to 10000")]
    [InlineData("[1+1, 10+20]", "[1+1, 10+20, 10001+1]", "11:29: 'clients': found '10001+1'; expected sellers+buyers, such as 10+10, each from 1 to 10000")]
    [InlineData("[1+1, 10+20]", "[1+1, 10+20, 10]", "11:29: 'clients': found '10'; expected sellers+buyers, such as 10+10, each from 1 to 10000")]
    [InlineData("[1+1, 10+20]", "[1+1, 10+20, 01+1]", "11:29: 'clients': found '01+1'; expected sellers+buyers, such as 10+10, each from 1 to 10000")]
    [InlineData("[1+1, 10+20]", "[1+1, 10+20, 1+1+1]", "11:29: 'clients': found '1+1+1'; expected sellers+buyers, such as 10+10, each from 1 to 10000")]
    [InlineData("[1, 100]", "[1, 1+1]", "31:20: 'clients': found '1+1'; expected a whole number from 1 to 10000")]
    [InlineData("[1, 100]", "[1, 0]", "31:20: 'clients': found '0'; expected a whole number from 1 to 10000")]
    [InlineData("[1, 100]", "[1, 1e2]", "31:20: 'clients': expected text or a whole number, found 1e2")]
    [InlineData("[\"off\"]", "[\"off\", on]", "13:22: 'cache': found 'on'; expected one of: off, redis")]
    [InlineData("[\"off\"]", "[false]", "13:15: 'cache': expected text or a whole number, found false")]
    [InlineData("[\"off\"]", "[]", "13:14: 'cache': expected at least 1 item, found 0")]
    [InlineData("[\"off\"]", "\"off\"", "13:14: 'cache': expected a list, found 'off'")]
    [InlineData("[\"off\"]", "[redis, redis]", "13:22: 'cache': 'redis' is listed twice; expected each item once")]
    [InlineData("cache: [\"off\"]", "deployment: [moon]", "13:20: 'deployment': found 'moon'; expected one of: local, gcp, continents")]
    [InlineData("cache: [\"off\"]", "items_per_seller: [100001]", "13:26: 'items_per_seller': found '100001'; expected a whole number from 0 to 100000")]
    [InlineData("cache: [\"off\"]", "items_per_seller: [-1]", "13:26: 'items_per_seller': found '-1'; expected a whole number from 0 to 100000")]
    [InlineData("cache: [\"off\"]", "chache: [\"off\"]", "13:7: system 'marketplace' has no factor 'chache'; did you mean 'cache'? expected one of: operation, clients, engine, cache, tracing, deployment, items_per_seller, limits, isolation")]
    [InlineData("      clients: [1, 100]\n", "", "30:7: 'matrix': missing factor 'clients'; expected a list, each item a whole number from 1 to 10000")]
    public void A_matrix_that_the_system_does_not_understand_is_refused(string old, string replacement, string expected) =>
        Assert.Equal([expected], ExperimentSamples.Refusals(ExperimentSamples.With((old, replacement))));

    [Theory]
    [InlineData("- engine: [async]", "- engin: [async]", "22:13: preset 'quick' selects by a factor that the matrix lacks: 'engin'; did you mean 'engine'? expected one of: operation, clients, engine, cache")]
    [InlineData("- engine: [async]", "- deployment: [gcp]", "22:13: preset 'quick' selects by a factor that the matrix lacks: 'deployment'; expected one of: operation, clients, engine, cache")]
    [InlineData("- engine: [async]", "- cache: [redis]", "22:21: preset 'quick' selects a value that the matrix lacks: 'redis'; expected one of: off")]
    [InlineData("clients: [10+20]", "clients: [10+10]", "24:23: preset 'quick' selects a value that the matrix lacks: '10+10'; did you mean '10+20'? expected one of: 1+1, 10+20")]
    [InlineData("- engine: [async]", "- engine: []", "22:21: 'engine': expected at least 1 item, found 0")]
    [InlineData("- engine: [async]", "- {}", "22:13: 'where': expected at least 1 key, found 0")]
    public void A_selection_that_selects_nothing_is_refused(string old, string replacement, string expected) =>
        Assert.Equal([expected], ExperimentSamples.Refusals(ExperimentSamples.With((old, replacement))));

    [Fact]
    public void All_problems_of_a_file_are_reported_at_once()
    {
        var yaml = ExperimentSamples.With(
            ("name: sample", "name: simple"),
            ("title: A sample", "titel: A sample"),
            ("engine: [threads, async]", "engine: [threads, async, fast]"),
            ("iterations: 10", "iterations: -1"),
            ("clients: [10+20]", "clients: [7+7]"),
            ("operation: [tcp_round_trip]", "operation: [ping]\n      operation: [pong]"));

        Assert.Equal(
            [
                "1:1: the file: missing key 'title'; expected a heading for the report",
                "1:7: 'name': expected the file's name 'sample', found 'simple'",
                "3:1: unknown key 'titel'; did you mean 'title'? expected one of: name, system, title, summary, published, groups",
                "12:32: 'engine': found 'fast'; expected one of: threads, select, epoll, async, uring",
                "16:21: 'iterations': expected a whole number from 1 to 1000, found -1",
                "24:23: preset 'quick' selects a value that the matrix lacks: '7+7'; expected one of: 1+1, 10+20",
                "30:19: 'operation': found 'ping'; expected one of: tcp_round_trip, http_get, select_by_key, insert_row",
                "31:7: duplicate key 'operation'; it is already given on line 30",
            ],
            ExperimentSamples.Refusals(yaml));
    }

    [Fact]
    public void A_cell_that_two_groups_share_is_refused()
    {
        var second = "\n" + string.Join('\n', ExperimentSamples.Valid.Split('\n')[5..17]).Replace("name: first", "name: again", StringComparison.Ordinal)
            .Replace("engine: [threads, async]", "engine: [async]", StringComparison.Ordinal);

        var refusals = ExperimentSamples.Refusals(ExperimentSamples.Valid + second);

        Assert.Equal(4, refusals.Count);
        Assert.Equal(
            "34:11: group 'again' repeats a cell of group 'first' under preset 'full': "
            + "search_items sellers=1 buyers=1 engine=async cache=off; expected every cell in one group",
            refusals[0]);
    }

    [Fact]
    public void Groups_may_share_a_cell_that_no_preset_runs_in_both()
    {
        var second = "\n" + string.Join('\n', ExperimentSamples.Valid.Split('\n')[5..17])
            .Replace("name: first", "name: again", StringComparison.Ordinal)
            .Replace("full:", "quick:", StringComparison.Ordinal)
            .Replace("clients: [1+1, 10+20]", "clients: [1+1]", StringComparison.Ordinal)
            .Replace("engine: [threads, async]", "engine: [threads]", StringComparison.Ordinal);

        Assert.Equal(3, ExperimentSamples.Load(ExperimentSamples.Valid + second).Groups.Count);
    }

    [Fact]
    public void A_matrix_that_explodes_is_refused_before_it_is_expanded()
    {
        var hundred = string.Join(", ", Enumerable.Range(1, 100));
        var pairs = string.Join(", ", Enumerable.Range(1, 100).Select(count => $"{count}+{count}"));
        var yaml = ExperimentSamples.With(("clients: [1+1, 10+20]", $"clients: [10+20, {pairs}]"), ("cache: [\"off\"]", $"items_per_seller: [{hundred}]"));

        Assert.Contains("10:7: 'matrix': the factors multiply to more than 10000 cells; expected fewer", ExperimentSamples.Refusals(yaml));
    }

    [Theory]
    [InlineData("missing.csv", "5:12: 'published': cannot use 'missing.csv': ")]
    [InlineData("../sample.yaml", "5:12: 'published': expected a file name without folders, found '../sample.yaml'")]
    [InlineData("/etc/passwd", "5:12: 'published': expected a file name without folders, found '/etc/passwd'")]
    public void Published_figures_that_cannot_be_read_are_refused(string file, string expected) =>
        Assert.StartsWith(expected, Assert.Single(ExperimentSamples.Refusals(ExperimentSamples.With(("groups:", $"published: {file}\ngroups:")))), StringComparison.Ordinal);

    [Fact]
    public void Published_figures_are_read_from_the_folder_beside_the_file()
    {
        using var folder = new TemporaryFolder();
        folder.Write("published/some.csv", "operation,sellers,latency_ms,throughput_ops,source\nsearch_items,10,1.5,,a report\n");
        var path = folder.Write("sample.yaml", ExperimentSamples.With(("groups:", "published: some.csv\ngroups:")));

        var experiment = new ExperimentLoader(ExperimentSamples.Catalog).LoadFile(path);

        Assert.Equal(1500, experiment.Published.Find("search_items", new Dictionary<string, object> { ["sellers"] = 10L })?.LatencyUs);
    }

    [Theory]
    [InlineData("operation,latency_ms,source\n", "some.csv:1: column throughput_ops is missing")]
    [InlineData("operation,latency_ms,throughput_ops,source\nsearch_items,fast,1,x\n", "some.csv:2: latency_ms 'fast' is not a number")]
    [InlineData("operation,latency_ms,throughput_ops,source\nsearch_items,1\n", "some.csv:2: 2 fields; expected 4 as in the header")]
    [InlineData("operation,latency_ms,throughput_ops,source\nsearch_items,NaN,1,x\n", "some.csv:2: latency_ms 'NaN' is not a number")]
    [InlineData("operation,latency_ms,throughput_ops,source\nsearch_items,1,1,\"x\n", "some.csv")]
    [InlineData("", "some.csv")]
    public void Damaged_published_figures_are_refused_with_their_line(string csv, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("published/some.csv", csv);
        var path = folder.Write("sample.yaml", ExperimentSamples.With(("groups:", "published: some.csv\ngroups:")));

        var refusal = Assert.Throws<InvalidFileException>(() => new ExperimentLoader(ExperimentSamples.Catalog).LoadFile(path));

        Assert.Contains(expected, Assert.Single(refusal.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_file_harms_only_those_who_ask_for_it()
    {
        using var folder = new TemporaryFolder();
        folder.Write("sample.yaml", ExperimentSamples.With(("iterations: 10", "iterations: 0")));
        folder.Write("other.yaml", ExperimentSamples.Valid);
        folder.Write("old.yml", ExperimentSamples.Valid);
        folder.Write("sound.yaml", ExperimentSamples.With(("name: sample", "name: sound")));
        folder.Write("sound.yml", ExperimentSamples.Valid);

        var loaded = Load(folder);

        Assert.Equal("sound", Assert.Single(loaded.Experiments).Name);
        Assert.Equal(["old", "other", "sample", "sound"], loaded.Broken.Select(broken => broken.Name));
        Assert.NotEmpty(loaded.Plan(["sound"], "quick").Cells);
        Assert.Equal(["other.yaml:1:7"], Refusal(loaded, "other"));
        Assert.Equal(["old.yml:1:1", "other.yaml:1:7", "sample.yaml:16:21", "sound.yml:1:1"], Refusal(loaded));
        Assert.EndsWith(
            "\nThe other experiments can be run by name: sound",
            Assert.Throws<InvalidFileException>(() => loaded.Plan([], "quick")).Message,
            StringComparison.Ordinal);
        Assert.Throws<UnknownNameException>(() => loaded.Plan(["missing"], "quick"));
    }

    [Fact]
    public void What_is_not_the_labs_is_ignored()
    {
        using var folder = new TemporaryFolder();
        folder.Write("sample.yaml", ExperimentSamples.Valid);
        foreach (var name in (string[])["sample.yaml~", "#sample.yaml#", "._sample.yaml", ".sample.yaml", ".sample.yaml.swp", "sample.yaml.orig", "4913", "notes.txt"])
        {
            folder.Write(name, "not an experiment");
        }

        // Emacs's lock leads nowhere.
        File.CreateSymbolicLink(Path.Combine(folder.Root, ".#sample.yaml"), "somebody@somewhere.1234");
        Directory.CreateDirectory(Path.Combine(folder.Root, "folder.yaml"));

        var loaded = Load(folder);

        Assert.Equal("sample", Assert.Single(loaded.Experiments).Name);
        Assert.Empty(loaded.Broken);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_broken_like_any_other()
    {
        using var folder = new TemporaryFolder();
        folder.Write("sample.yaml", ExperimentSamples.Valid);
        File.CreateSymbolicLink(Path.Combine(folder.Root, "gone.yaml"), "nowhere");

        var loaded = Load(folder);

        Assert.Single(loaded.Experiments);
        Assert.StartsWith("cannot read the file", Assert.Single(Assert.Single(loaded.Broken).Problems).Message, StringComparison.Ordinal);
    }

    private static ExperimentFolder Load(TemporaryFolder folder)
    {
        File.Copy(Path.Combine(ExperimentSamples.Folder, Deployments.FileName), Path.Combine(folder.Root, Deployments.FileName));
        return ExperimentFolder.Load(folder.Root, ExperimentSamples.AbleMachine, SystemModules.Default);
    }

    private static IEnumerable<string> Refusal(ExperimentFolder folder, params string[] names) =>
        Assert.Throws<InvalidFileException>(() => folder.Plan(names, "quick")).Problems
            .Select(problem => $"{Path.GetFileName(problem.File)}:{problem.Line}:{problem.Column}");

    [Fact]
    public void A_missing_folder_is_refused() =>
        Assert.Throws<InvalidFileException>(() => new ExperimentLoader(ExperimentSamples.Catalog).LoadFolder("/nonexistent/folder"));

    [Theory]
    [InlineData("- a\n- b\n")]
    [InlineData("just text")]
    [InlineData("groups: {name: x}\n")]
    [InlineData("groups: [1, [2], {matrix: {operation: 5}, presets: [1]}]\nsystem: marketplace\n")]
    [InlineData("name: 5\nsystem: {a: b}\ngroups:\n  - matrix: {clients: [[1], {a: b}]}\n    presets: {quick: {where: [{clients: 5}, 3]}}\n")]
    public void Any_other_shape_is_refused_without_a_crash(string yaml) => Assert.NotEmpty(ExperimentSamples.Refusals(yaml));

    [Fact]
    public void Whatever_a_file_holds_it_is_loaded_or_refused()
    {
        const int seed = 20_260_131;
        var random = new Random(seed);
        const string alphabet = "[]{}:,-&*!|>'\"%@`#\n\t ?~0a\\\u0000\u00e9";
        for (var round = 0; round < 2000; round++)
        {
            var text = ExperimentSamples.Valid.ToCharArray().ToList();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                var at = random.Next(text.Count);
                switch (random.Next(3))
                {
                    case 0: text.RemoveRange(at, Math.Min(random.Next(1, 20), text.Count - at)); break;
                    case 1: text.Insert(at, alphabet[random.Next(alphabet.Length)]); break;
                    default: text[at] = alphabet[random.Next(alphabet.Length)]; break;
                }
            }

            var problems = new FileProblems("fuzz.yaml");
            var yaml = string.Concat(text);
            var root = YamlReader.Read(yaml, problems);
            Assert.True(root is not null || problems.Any, $"seed {seed}, round {round}: neither read nor refused");
            if (round % 10 == 0)
            {
                var thrown = Record.Exception(() => ExperimentSamples.Load(yaml));
                Assert.True(thrown is null or InvalidFileException, $"seed {seed}, round {round}: {thrown}");
            }
        }
    }
}
