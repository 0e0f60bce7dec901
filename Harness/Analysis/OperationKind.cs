namespace Lab.Harness.Analysis;

/// <summary>Does an operation change data?</summary>
public enum OperationKind
{
    /// <summary>The name does not tell; such operations are left out where reads and writes are compared.</summary>
    Unknown,

    Read,

    Write,
}

/// <summary>Tells reads from writes by the verb that an operation's name begins with: <c>get_item</c>, <c>getScore</c>.</summary>
public static class OperationKinds
{
    private static readonly HashSet<string> Reads =
        new(["get", "search", "display", "list", "lookup", "select", "read"], StringComparer.Ordinal);

    private static readonly HashSet<string> Writes = new(
        [
            "register", "deregister", "change", "update", "set", "increment", "insert", "add", "remove", "clear", "save",
            "make", "provide", "create", "delete", "deposit", "buy", "write",
        ],
        StringComparer.Ordinal);

    public static OperationKind Of(string operation)
    {
        var verb = string.Concat(operation.TakeWhile(char.IsAsciiLetterLower));
        return Reads.Contains(verb) ? OperationKind.Read : Writes.Contains(verb) ? OperationKind.Write : OperationKind.Unknown;
    }
}
