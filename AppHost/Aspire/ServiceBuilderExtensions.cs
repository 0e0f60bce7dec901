using Lab.LocalHost;
using Lab.LocalHost.Resources;
using Lab.Topology;
using Lab.Transport;

namespace Lab.AppHost.Aspire;

/// <summary>Systems and their services. Running, a service is a program of this machine; published, a project that becomes a container.</summary>
internal static class ServiceBuilderExtensions
{
    private const string Admin = "admin";

    /// <summary>
    /// A system's services, in the dashboard below a heading with the system's name; a service of that name is the heading
    /// itself, since Aspire gives a name once.
    /// </summary>
    public static void AddSystem(this LabBuilder lab, string name, IReadOnlyList<ServiceSpec> services)
    {
        if (lab.Plan is not { } plan)
        {
            foreach (var spec in services.Where(spec => spec.SharesAddressOf is null))
            {
                // One that shares another's address takes one machine with it, which containers are not.
                lab.Publish(spec);
            }

            return;
        }

        var heading = services.Any(spec => spec.Name == name) ? null : lab.AddHeading(name);
        foreach (var spec in services)
        {
            var service = lab.Run(spec, plan);
            if (spec.Name != name)
            {
                service.WithParentRelationship(heading?.Resource ?? lab.Resources[name].Resource);
            }
        }
    }

    private static IResourceBuilder<SystemResource> AddHeading(this LabBuilder lab, string name) => lab.App.AddResource(new SystemResource(name))
        .WithInitialState(new CustomResourceSnapshot { ResourceType = "System", Properties = [], State = KnownResourceStates.Running })
        .WithIconName("AppsList")
        .ExcludeFromManifest();

    /// <summary>The lab's own fault proxy, or Toxiproxy where containers run and its image can be had; a published model has its own.</summary>
    public static void AddFaultProxy(this LabBuilder lab, ServiceSpec spec, IReadOnlyList<LinkSpec> links)
    {
        if (lab.Plan is not { } plan)
        {
            var published = lab.Publish(spec).WithProxiesInEnvironment();
            foreach (var link in links)
            {
                var port = lab.Published.Port(link.Name);
                published.WithEndpoint(port, port, scheme: "tcp", name: link.Name)
                    .WithProxy(link.Name, lab.Published.Listen(link.Name), lab.Published.Upstream(spec, link));
                lab.Published.Know(link.Name, published.GetEndpoint(link.Name));
            }

            return;
        }

        var api = plan.Endpoints.FaultProxyApi;
        if (lab.Containers is { HasToxiproxy: true, Engine: var runtime })
        {
            Declare(lab.App.AddToxiproxy(spec.Name, runtime, api, plan.Folder)).WithUrlForEndpoint(Admin, ShowProxies(api));
        }
        else
        {
            Declare(lab.Run(spec, plan).WithProxiesInEnvironment()).WithUrlForEndpoint(Admin, ShowProxies(api));
        }

        IResourceBuilder<T> Declare<T>(IResourceBuilder<T> proxy)
            where T : class, IResourceWithEndpoints
        {
            foreach (var link in links)
            {
                var (address, latencyMs) = (plan.Endpoints.Links[link.Name], lab.Given.LinkLatencyMs);
                proxy.WithProxy(link.Name, ReferenceExpression.Create($"{address}"), ReferenceExpression.Create($"{plan.Upstream(link)}"));
                if (latencyMs > 0 && link.Class == LinkSpec.ClientServer)
                {
                    proxy.WithToxic(link.Name, new FaultProxy.Client.LatencyToxicSpec(latencyMs) { Stream = FaultProxy.Client.ToxicStream.Upstream })
                        .WithToxic(link.Name, new FaultProxy.Client.LatencyToxicSpec(latencyMs));
                }
            }

            lab.Resources[spec.Name] = proxy;
            return proxy.ApplyToxics(api).WithFaultCommands(api, links);
        }
    }

    private static IResourceBuilder<ExecutableResource> Run(this LabBuilder lab, ServiceSpec spec, PlannedLab plan)
    {
        var process = plan.Process(spec);
        var where = plan.Endpoints.Services[spec.Name];
        var service = lab.App.AddProgram(spec.Name, process.Command, process.WorkingFolder, process.Arguments)
            .WithHttpEndpoint(where.Admin.Port, where.Admin.Port, name: Admin, isProxied: false)
            .WithEndpoint(Admin, endpoint => endpoint.TargetHost = where.Admin.Host)
            .WithUrlForEndpoint(Admin, url => (url.Url, url.DisplayText) = (new Uri(where.Admin, "/health").ToString(), "health"))
            .WithHttpHealthCheck("/health", endpointName: Admin)
            .WithOtlpExporter()
            .WithSupervision(spec)
            .WithCrashCommand(where.Admin, plan.Endpoints.AdminToken);
        foreach (var (variable, value) in process.Environment)
        {
            service.WithEnvironment(variable, value);
        }

        foreach (var (name, address) in where.Endpoints)
        {
            var (host, port) = Addresses.Split(address);
            service.WithEndpoint(port, port, scheme: "tcp", name: name, isProxied: false)
                .WithEndpoint(name, endpoint => endpoint.TargetHost = host)
                .WithUrlForEndpoint(name, url => url.DisplayText = $"{name}: {address}");
        }

        return lab.WaitForNeeds(service, spec);
    }

    private static IResourceBuilder<ProjectResource> Publish(this LabBuilder lab, ServiceSpec spec)
    {
        var service = lab.App.AddProject(spec.Name, Path.Combine(lab.Root, spec.ProjectFolder, $"{spec.Project}.csproj"), options => options.ExcludeLaunchProfile = true)
            .WithArgs([.. spec.Arguments])
            .WithHttpEndpoint(PublishedAddresses.AdminPort, PublishedAddresses.AdminPort, name: Admin)
            .WithHttpHealthCheck("/health", endpointName: Admin)
            .WithEnvironment("Service__Name", spec.Name)
            .WithEnvironment("Service__AdminUrl", PublishedAddresses.AdminUrl)
            .WithEnvironment("Service__PrivateNetwork", "true")
            .WithEnvironment("Service__AdminToken", lab.AdminToken);
        foreach (var name in spec.Endpoints)
        {
            var key = PublishedAddresses.Endpoint(spec.Name, name);
            var port = lab.Published.Port(key);
            service.WithEndpoint(port, port, scheme: "tcp", name: name);
            lab.Published.Know(key, service.GetEndpoint(name));
        }

        // Not before everything has been added: links lead to services, services connect through links.
        service.WithEnvironment(context =>
        {
            foreach (var (key, value) in spec.Settings)
            {
                context.EnvironmentVariables[ServiceSettings.Variable(key)] = lab.Published.Resolve(spec, value);
            }
        });
        return lab.WaitForNeeds(service, spec);
    }

    private static IResourceBuilder<T> WaitForNeeds<T>(this LabBuilder lab, IResourceBuilder<T> service, ServiceSpec spec)
        where T : class, IResourceWithWaitSupport
    {
        foreach (var need in spec.WaitFor)
        {
            service.WaitFor(lab.Resources[need]);
        }

        lab.Resources[spec.Name] = service;
        return service;
    }

    private static Action<ResourceUrlAnnotation> ShowProxies(Uri api) =>
        url => (url.Url, url.DisplayText) = (new Uri(api, "/proxies").ToString(), "proxies and toxics");
}

/// <summary>A system of the lab: what its services have in common.</summary>
internal sealed class SystemResource(string name) : Resource(name);
