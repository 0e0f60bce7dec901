using System.Net.Mime;
using Lab.FaultProxy.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Lab.FaultProxy.Api;

/// <summary>Every reply that says no has the same body, whoever said it.</summary>
internal static class ApiErrors
{
    public static void Use(WebApplication app)
    {
        app.UseStatusCodePages(context => WriteAsync(
            context.HttpContext,
            context.HttpContext.Response.StatusCode,
            ReasonPhrases.GetReasonPhrase(context.HttpContext.Response.StatusCode).ToLowerInvariant()));
        app.Use(HandleAsync);
    }

    private static async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (ApiException refused)
        {
            await WriteAsync(context, refused.StatusCode, refused.Message);
        }
        catch (BadHttpRequestException refused)
        {
            // The server's own checks: a body that is too large or too slow.
            await WriteAsync(context, refused.StatusCode, refused.Message);
        }
    }

    private static Task WriteAsync(HttpContext context, int statusCode, string message)
    {
        context.Response.StatusCode = statusCode;
        return context.Response.WriteAsJsonAsync(
            new ErrorReply(message, statusCode), ToxiproxyJson.Options, MediaTypeNames.Application.Json, context.RequestAborted);
    }
}
