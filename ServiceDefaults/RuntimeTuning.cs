namespace Lab.ServiceDefaults;

/// <summary>Settings of the runtime that only exist as environment variables.</summary>
public static class RuntimeTuning
{
    /// <summary>
    /// What runs when a socket is ready runs on the runtime's own socket threads: a thread switch less per message. Only
    /// for programs in which nothing of that blocks. To be called first of all: the runtime looks at it when the first
    /// socket is made.
    /// </summary>
    public static void CompleteSocketsInline() =>
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
}
