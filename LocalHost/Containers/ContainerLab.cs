using System.Security.Cryptography;
using System.Text;
using Lab.Transport.Native;

namespace Lab.LocalHost.Containers;

/// <summary>
/// What the containers of one lab share: engine, images, a private network, labels with the lab's state folder, by which
/// whatever is left of them is found again, and nothing else.
/// </summary>
internal sealed class ContainerLab : IAsyncDisposable
{
    /// <summary>Containers, networks and volumes of a lab have it, with the state folder as value.</summary>
    private const string Label = "lab.state";

    /// <summary>A container that is just going is in the way for a moment.</summary>
    private const int MaxRemovals = 50;
    private static readonly TimeSpan RemovalPause = TimeSpan.FromMilliseconds(200);

    private readonly LocalLabOptions _options;
    private readonly Subnet _subnet;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _ports = new(StringComparer.Ordinal);

    private ContainerLab(ContainerEngine engine, LocalLabOptions options, IReadOnlyDictionary<string, string> images, Subnet subnet, string network)
    {
        (Engine, _options, Images, _subnet, Network) = (engine, options, images, subnet, network);
        Watch = new ContainerWatch(engine);
        Directory.CreateDirectory(Folder);
    }

    public ContainerEngine Engine { get; }

    public ContainerWatch Watch { get; }

    /// <summary>Project, database or cache to image.</summary>
    public IReadOnlyDictionary<string, string> Images { get; }

    public string Network { get; }

    /// <summary>Where containers reach this machine.</summary>
    public string MachineAddress => _subnet.Machine;

    /// <summary>Working folder of clients; holds the containers' environments while the lab runs.</summary>
    public string Folder => FolderOf(_options);

    public IReadOnlyList<string> Labels => LabelOptions(_options);

    /// <summary>Descriptors that a container may open: as many as a process of the lab may.</summary>
    public long OpenFiles { get; } = DescriptorLimit.Read().Hard;

    /// <summary>Images are made when they are missing, what an earlier lab left behind must be gone already.</summary>
    /// <param name="images">Projects, databases, caches.</param>
    /// <param name="options">Of the lab.</param>
    /// <param name="report">Gets the progress of images.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabStartException">No engine, no images, no network: the message says what to do.</exception>
    public static async Task<ContainerLab> StartAsync(
        IReadOnlyCollection<string> images, LocalLabOptions options, Action<ResourceEvent> report, CancellationToken cancellationToken)
    {
        var engine = await ContainerEngine.FindAsync(cancellationToken);
        var tags = await ContainerImages.MakeAsync(engine, images, report, cancellationToken);
        var network = NameOf(options, "network");
        ContainerException? refusal = null;
        foreach (var subnet in Subnets.Candidates())
        {
            try
            {
                // Without a way out, unless a database of the user's is out there.
                string[] way = options.ExternalMySql is null && options.ExternalRedis is null ? ["--internal"] : [];
                await engine.RunAsync(
                    cancellationToken, ["network", "create", "--driver", "bridge", "--subnet", subnet.ToString(), .. way, .. LabelOptions(options), network]);
                return new ContainerLab(engine, options, tags, subnet, network);
            }
            catch (ContainerException exception) when (exception.Message.Contains("overlap", StringComparison.OrdinalIgnoreCase))
            {
                refusal = exception;
            }
            catch (ContainerException exception)
            {
                throw new LabStartException($"no network for the containers: {exception.Message}", exception);
            }
        }

        throw new LabStartException($"no network for the containers: every range that was tried is taken. {refusal?.Message}");
    }

    /// <summary>The container of a resource; every lab has names of its own.</summary>
    public string NameOf(string resource) => NameOf(_options, resource);

    /// <summary>The next free port at an owner's address: ADDRESS:PORT.</summary>
    public string NextAddress(string owner)
    {
        const int FirstPort = 7000;
        var port = _ports.GetValueOrDefault(owner, FirstPort);
        _ports[owner] = port + 1;
        return FormattableString.Invariant($"{AddressOf(owner)}:{port}");
    }

    /// <summary>Fixed for the life of the lab, so that a container that is started again is where it was.</summary>
    public string AddressOf(string owner)
    {
        if (!_numbers.TryGetValue(owner, out var number))
        {
            _numbers[owner] = number = _numbers.Count;
        }

        return _subnet.Address(number);
    }

    /// <summary>Where the container's network is, which may be another one's.</summary>
    public string AddressOf(ContainerSpec spec) => spec.Address ?? AddressOf(NetworkHolder.OwnerOf(spec.NetworkOf!));

    /// <summary>A file that only this user can read: command lines and the environments of clients would show its secrets.</summary>
    public string WriteEnvironment(string resource, IReadOnlyDictionary<string, string> environment)
    {
        var path = Path.Combine(Folder, resource + ".env");
        Secrets.Write(path, environment.Select(variable => $"{variable.Key}={variable.Value}"));
        return path;
    }

    /// <summary>
    /// The volume with a database's data. Another one for each kind of image: the servers in them may differ by years, and
    /// an older one refuses what a newer one has written.
    /// </summary>
    public string VolumeOf(string resource) => $"{NameOf(resource)}-data-{Images[resource].Split('/', ':')[0]}";

    /// <param name="resource">Whose data it holds.</param>
    /// <param name="fresh">Without what an earlier lab has put there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task MakeVolumeAsync(string resource, bool fresh, CancellationToken cancellationToken)
    {
        if (fresh)
        {
            await Engine.TryAsync(cancellationToken, "volume", "rm", "--force", VolumeOf(resource));
        }

        await Engine.RunAsync(cancellationToken, ["volume", "create", .. Labels, VolumeOf(resource)]);
    }

    /// <summary>Removes all of the lab; databases' volumes only where nobody wants them again.</summary>
    public async ValueTask DisposeAsync() => await RemoveAsync(Engine, _options, withData: !_options.KeepData, CancellationToken.None);

    /// <summary>A lab in this state folder has begun to use containers, and has not ended in order.</summary>
    public static bool MayHaveLeft(LocalLabOptions options) => Directory.Exists(FolderOf(options));

    /// <summary>Removes every container and network of a state folder, whoever started them.</summary>
    /// <returns>What was removed, in words.</returns>
    /// <exception cref="ContainerException">The engine fails.</exception>
    public static async Task<IReadOnlyList<string>> RemoveAsync(
        ContainerEngine engine, LocalLabOptions options, bool withData, CancellationToken cancellationToken)
    {
        var filter = $"label={LabelOf(options)}";
        var removed = new List<string>();
        await RemoveAsync("container", ["ps", "--all", "--filter", filter, "--format", "{{.Names}}"], ["rm", "--force", "--volumes"]);
        await RemoveAsync("network", ["network", "ls", "--filter", filter, "--format", "{{.Name}}"], ["network", "rm"]);
        if (withData)
        {
            await RemoveAsync("volume", ["volume", "ls", "--filter", filter, "--format", "{{.Name}}"], ["volume", "rm", "--force"]);
        }

        if (Directory.Exists(FolderOf(options)))
        {
            Directory.Delete(FolderOf(options), recursive: true);
        }

        return removed;

        async Task RemoveAsync(string kind, string[] list, string[] remove)
        {
            var names = await engine.LinesAsync(cancellationToken, list);
            var left = names;
            for (var attempt = 0; left.Count > 0 && attempt < MaxRemovals; attempt++)
            {
                // Some go by themselves meanwhile, which the engine calls a failure: what counts is that none is left in the end.
                await engine.TryAsync(cancellationToken, [.. remove, .. left]);
                left = await engine.LinesAsync(cancellationToken, list);
                if (left.Count > 0)
                {
                    await Task.Delay(RemovalPause, cancellationToken);
                }
            }

            removed.AddRange(names.Except(left, StringComparer.Ordinal).Select(name => $"{kind} {name}"));
            if (left.Count > 0)
            {
                throw new ContainerException($"these could not be removed: {string.Join(", ", left)}; try docker {string.Join(' ', remove)}");
            }
        }
    }

    private static string FolderOf(LocalLabOptions options) => Path.GetFullPath(Path.Combine(options.StateFolder, "containers"));

    private static string LabelOf(LocalLabOptions options) => $"{Label}={Path.GetFullPath(options.StateFolder)}";

    private static IReadOnlyList<string> LabelOptions(LocalLabOptions options) => ["--label", LabelOf(options)];

    private static string NameOf(LocalLabOptions options, string resource)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(options.StateFolder)));
        return $"lab-{Convert.ToHexStringLower(hash.AsSpan(0, 4))}-{resource}";
    }
}
