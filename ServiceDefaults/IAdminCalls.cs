using Microsoft.AspNetCore.Routing;

namespace Lab.ServiceDefaults;

/// <summary>Admin calls of a part that not every service has. Registered with the service's dependency injection.</summary>
internal interface IAdminCalls
{
    /// <param name="admin">Below <c>/admin</c>; the token has been checked.</param>
    void Map(IEndpointRouteBuilder admin);
}
