namespace Lab.Harness.Experiments;

/// <summary>One thing wrong with a file; lines and columns count from 1.</summary>
public sealed record FileProblem(string File, int Line, int Column, string Message)
{
    public override string ToString() => $"{File}:{Line}:{Column}: {Message}";
}

/// <summary>Everything wrong with one or more files; the message has one line per problem.</summary>
/// <param name="problems">At least one.</param>
/// <param name="hint">What can be done nevertheless: the last line.</param>
public sealed class InvalidFileException(IReadOnlyList<FileProblem> problems, string? hint = null)
    : Exception(string.Join('\n', [.. problems.Select(problem => problem.ToString()), .. hint is null ? (string[])[] : [hint]]))
{
    public IReadOnlyList<FileProblem> Problems { get; } = problems;
}

/// <summary>Collects the problems of one file, so that its author sees all of them at once.</summary>
public sealed class FileProblems(string file)
{
    private const int MaxProblems = 100;

    private readonly List<FileProblem> _problems = [];

    /// <summary>The file as messages name it.</summary>
    public string File { get; } = file;

    public bool Any => _problems.Count > 0;

    /// <summary>The problems from the top of the file to its end.</summary>
    public IReadOnlyList<FileProblem> Sorted =>
        [.. _problems.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)];

    public void Add(YamlNode where, string message) => Add(where.Line, where.Column, message);

    /// <summary>Notes a problem; after a hundred further ones are dropped, the first ones say enough.</summary>
    public void Add(int line, int column, string message)
    {
        if (_problems.Count < MaxProblems)
        {
            _problems.Add(new FileProblem(File, line, column, message));
        }
    }

    /// <exception cref="InvalidFileException">There is at least one problem.</exception>
    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new InvalidFileException(Sorted);
        }
    }
}
