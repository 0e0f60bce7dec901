using Lab.Harness.Analysis;

namespace Lab.Tests.Unit.Analysis;

public sealed class OperationKindTests
{
    [Theory]
    [InlineData("get_seller_rating", OperationKind.Read)]
    [InlineData("search_items", OperationKind.Read)]
    [InlineData("getScore", OperationKind.Read)]
    [InlineData("register_item_for_sale", OperationKind.Write)]
    [InlineData("incrementMedalTally", OperationKind.Write)]
    [InlineData("getter", OperationKind.Unknown)]
    [InlineData("echo", OperationKind.Unknown)]
    [InlineData("", OperationKind.Unknown)]
    public void The_verb_of_a_name_tells_reads_from_writes(string operation, OperationKind expected) =>
        Assert.Equal(expected, OperationKinds.Of(operation));
}
