using Lab.Coordination.Multicast;
using Lab.MedalTally.Group;
using Lab.MedalTally.Stores;

namespace Lab.Tests.Unit.MedalTally;

public sealed class GroupRegisterTests : IDisposable
{
    private const long Run = 42;

    private readonly string _folder = Directory.CreateTempSubdirectory("lab-register-").FullName;

    private string File => Path.Combine(_folder, "group.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task No_term_is_given_twice()
    {
        var register = new GroupRegister(File, Run);
        var claims = await Task.WhenAll(Enumerable.Range(0, 40).Select(number => Task.Run(
            () => (Node: number % 4, register.Answer(new RegisterRequest(Run, number % 4, ClaimsTerm: true)).Term), TestContext.Current.CancellationToken)));

        Assert.Equal(Enumerable.Range(1, 40), claims.Select(claim => (int)claim.Term).Order());
        Assert.All(claims, claim => Assert.Equal(
            [.. Enumerable.Range(0, 4).Select(node => node == claim.Node)],
            Enumerable.Range(0, 4).Select(node => register.Answer(new RegisterRequest(Run, 0, Term: claim.Term, Leader: node)).WasGiven)));
    }

    [Theory]
    [InlineData(0L, null, false)]
    [InlineData(-1L, null, false)]
    [InlineData(long.MinValue, null, false)]
    [InlineData(long.MaxValue, null, false)]
    [InlineData(3L, null, false)]
    [InlineData(1L, null, true)]
    [InlineData(2L, 1, true)]
    [InlineData(2L, 0, false)]
    public void It_knows_which_terms_were_given_and_to_whom(long term, int? leader, bool wasGiven)
    {
        var register = new GroupRegister(File, Run);
        register.Answer(new RegisterRequest(Run, 0, ClaimsTerm: true));
        register.Answer(new RegisterRequest(Run, 1, ClaimsTerm: true));
        Assert.Equal(wasGiven, register.Answer(new RegisterRequest(Run, 2, Term: term, Leader: leader)).WasGiven);
    }

    [Fact]
    public async Task A_view_has_one_successor()
    {
        var register = new GroupRegister(File, Run);
        Assert.Equal(0, register.Answer(new RegisterRequest(Run, 0)).View.Number);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(node => Task.Run(
            () => register.Answer(new RegisterRequest(Run, node, View: View(1, node))).View, TestContext.Current.CancellationToken)));

        Assert.Single(answers.Select(view => view.ToString()).Distinct());
        Assert.Equal(1, answers[0].Number);
        Assert.Equal(1, register.Answer(new RegisterRequest(Run, 9, View: View(3, 9))).View.Number);
        Assert.Equal(2, register.Answer(new RegisterRequest(Run, 9, View: View(2, 9))).View.Number);
        Assert.Equal(View(2, 9).ToString(), register.Answer(new RegisterRequest(Run, 3, View: View(2, 3))).View.ToString());
    }

    [Fact]
    public void What_was_given_is_given_also_after_it_was_opened_again()
    {
        var register = new GroupRegister(File, Run);
        register.Answer(new RegisterRequest(Run, 2, ClaimsTerm: true));
        register.Answer(new RegisterRequest(Run, 2, View: View(1, 2, 5)));

        register = new GroupRegister(File, Run);
        var answer = register.Answer(new RegisterRequest(Run, 1, Term: 1, Leader: 2));
        Assert.Equal((1, true, View(1, 2, 5).ToString()), (answer.Term, answer.WasGiven, answer.View.ToString()));
        Assert.Equal(2, register.Answer(new RegisterRequest(Run, 1, ClaimsTerm: true)).Term);
        Assert.Equal(View(1, 2, 5).ToString(), register.Answer(new RegisterRequest(Run, 1, View: View(1, 1))).View.ToString());
    }

    [Fact]
    public void Another_group_begins_anew_and_the_one_before_is_not_answered()
    {
        new GroupRegister(File, Run).Answer(new RegisterRequest(Run, 2, ClaimsTerm: true));
        var register = new GroupRegister(File, Run + 1);
        Assert.Throws<StoreException>(() => register.Answer(new RegisterRequest(Run, 2, ClaimsTerm: true)));
        Assert.Equal(1, register.Answer(new RegisterRequest(Run + 1, 2, ClaimsTerm: true)).Term);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"run\":42}")]
    [InlineData("{\"run\":42,\"leaders\":[0]}")]
    [InlineData("{\"run\":42,\"leaders\":null,\"view\":null}")]
    [InlineData("{\"run\":42,\"leaders\":[],\"view\":{\"number\":1,\"era\":1,\"members\":null,\"cut\":null}}")]
    [InlineData("\0\0\0\0")]
    public void A_damaged_file_is_said_to_be_one_and_not_taken_for_an_empty_register(string content)
    {
        System.IO.File.WriteAllText(File, content);
        var damage = Assert.Throws<IOException>(() => new GroupRegister(File, Run));
        Assert.Contains(File, damage.Message, StringComparison.Ordinal);
        Assert.Contains("remove it", damage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_given_that_cannot_be_written()
    {
        var register = new GroupRegister(File, Run);
        register.Answer(new RegisterRequest(Run, 0, ClaimsTerm: true));
        Directory.Delete(_folder, recursive: true);
        Assert.Throws<StoreException>(() => register.Answer(new RegisterRequest(Run, 0, ClaimsTerm: true)));
        Directory.CreateDirectory(_folder);
        Assert.Equal(2, register.Answer(new RegisterRequest(Run, 0, ClaimsTerm: true)).Term);
    }

    private static GroupView View(long number, params int[] members) =>
        new(number, 1, [.. members.Select(member => new Lab.Coordination.Multicast.GroupMember(member, 7))], [3]);
}
