using System.Runtime.InteropServices;

namespace Lab.Coordination.Multicast;

/// <summary>A member of a view.</summary>
/// <param name="Id">The node.</param>
/// <param name="Incarnation">Rises with every start of its process, and every time it joins anew: who comes back is another member.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct GroupMember(int Id, long Incarnation);

/// <summary>
/// Who belongs to the group, as the register has it. The register grants at most one successor to each view, and whoever reads it
/// knows all that is needed to go on: so it does no harm if the member that claimed a view dies before it has told anybody.
/// </summary>
/// <param name="Number">Of the view; the register starts with 0, which has no members.</param>
/// <param name="Era">Number of the view with which the group was founded, or founded again after all had lost their memory: places count from there.</param>
/// <param name="Members">By rising id.</param>
/// <param name="Cut">
/// Of each member of the view before, by rising id, the number of its last batch that belongs to that view: whoever goes on delivers so many,
/// no more and no fewer. Empty when <paramref name="Number"/> is <paramref name="Era"/>.
/// </param>
public sealed record GroupView(long Number, long Era, IReadOnlyList<GroupMember> Members, IReadOnlyList<long> Cut)
{
    /// <summary>What an empty register holds.</summary>
    public static GroupView None { get; } = new(0, 0, [], []);

    /// <summary>-1 when the node is no member, whatever its incarnation.</summary>
    public int IndexOf(int id)
    {
        for (var index = 0; index < Members.Count; index++)
        {
            if (Members[index].Id == id)
            {
                return index;
            }
        }

        return -1;
    }

    public bool Has(GroupMember member) => IndexOf(member.Id) is >= 0 and var index && Members[index] == member;

    public override string ToString() => $"view {Number} (era {Era}): {string.Join(' ', Members.Select(member => $"{member.Id}/{member.Incarnation}"))}; cut {string.Join(' ', Cut)}";
}
