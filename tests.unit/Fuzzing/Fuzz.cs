using System.Globalization;
using System.Text;
using CsCheck;

namespace Lab.Tests.Unit.Fuzzing;

/// <summary>
/// Gives a reader of hostile bytes many inputs: first those of its corpus, which once broke something or stand for a kind, then
/// new ones. <c>LAB_FUZZ_INPUTS</c> says how many (10,000), <c>LAB_FUZZ_SEED</c> repeats those of an earlier run.
/// </summary>
internal static class Fuzz
{
    private const int DefaultInputs = 10_000;

    private static int Inputs =>
        int.TryParse(Environment.GetEnvironmentVariable("LAB_FUZZ_INPUTS"), CultureInfo.InvariantCulture, out var inputs) ? inputs : DefaultInputs;

    /// <param name="target">Names the folder of its corpus.</param>
    /// <param name="inputs">New ones; the smallest that fails is shown.</param>
    /// <param name="check">Throws when the reader does what it must not.</param>
    /// <param name="threads">That check at the same time.</param>
    public static void Check(string target, Gen<byte[]> inputs, Action<byte[]> check, int threads = 1)
    {
        foreach (var file in CorpusOf(target))
        {
            Replay(target, file, check);
        }

        try
        {
            inputs.Sample(check, seed: Environment.GetEnvironmentVariable("LAB_FUZZ_SEED"), iter: Inputs, threads: threads, print: Show);
        }
        catch (CsCheckException failure)
        {
            Assert.Fail(
                $"{failure.Message}\n{failure.InnerException}\n"
                + $"Again: LAB_FUZZ_SEED=(the seed above) artifacts/bin/Tests.Unit/release/Lab.Tests.Unit -noColor -namespace {typeof(Fuzz).Namespace}\n"
                + $"To keep it: echo (the Base64 above) | base64 -d > tests.unit/Fuzzing/Corpus/{target}/NAME");
        }
    }

    /// <summary>One of these, each as often as it says.</summary>
    public static Gen<T> Weighted<T>(params (int Weight, Gen<T> Inputs)[] choices) =>
        Gen.Frequency(choices.Select(choice => (choice.Weight, (IGen<T>)choice.Inputs)).ToArray());

    /// <summary>One of these.</summary>
    public static Gen<T> Any<T>(params Gen<T>[] choices) => Gen.OneOf(choices.ToArray<IGen<T>>());

    private static void Replay(string target, string file, Action<byte[]> check)
    {
        try
        {
            check(File.ReadAllBytes(file));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"tests.unit/Fuzzing/Corpus/{target}/{Path.GetFileName(file)} fails (again): {failure.Message}", failure);
        }
    }

    /// <summary>Some bytes of a text changed, taken away, put in or repeated; mostly none.</summary>
    public static Gen<byte[]> Damaged(Gen<string> text) => Damaged(text.Select(Encoding.UTF8.GetBytes));

    /// <inheritdoc cref="Damaged(Gen{string})"/>
    public static Gen<byte[]> Damaged(Gen<byte[]> whole)
    {
        var change = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1 << 20], Gen.Byte, Gen.Int[1, 8]);
        return Gen.Select(whole, Weighted((3, Gen.Const(0)), (2, Gen.Int[1, 4])).SelectMany(count => change.Array[count]), Apply);
    }

    private static byte[] Apply(byte[] whole, (int Kind, int At, byte Value, int Count)[] changes)
    {
        var bytes = whole.ToList();
        foreach (var (kind, at, value, count) in changes)
        {
            if (bytes.Count == 0)
            {
                bytes.Add(value);
                continue;
            }

            var place = at % bytes.Count;
            var length = Math.Min(count, bytes.Count - place);
            switch (kind)
            {
                case 0:
                    bytes[place] = value;
                    break;
                case 1:
                    bytes.RemoveRange(place, length);
                    break;
                case 2:
                    bytes.InsertRange(place, Enumerable.Repeat(value, count));
                    break;
                default:
                    bytes.InsertRange(place, bytes.GetRange(place, length));
                    break;
            }
        }

        return [.. bytes];
    }

    private static IEnumerable<string> CorpusOf(string target)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Fuzzing", "Corpus", target);
        return Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal) : [];
    }

    private static string Show(byte[] input) => $"{Convert.ToBase64String(input)}\nwhich is: {Encoding.Latin1.GetString(input)}";
}
