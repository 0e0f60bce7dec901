namespace Lab.Coordination.Multicast;

/// <summary>Questions to the register: one at a time, and no more than one in a tick because of what others say.</summary>
internal sealed class RegisterAccess(IMulticastHost host)
{
    private GroupView? _claimed;

    /// <summary>Somebody has spoken of a later view.</summary>
    private bool _isHinted;
    private bool _hasReadInTick;

    /// <summary>An answer is awaited.</summary>
    public bool IsAsking { get; private set; }

    public void Read()
    {
        if (!IsAsking)
        {
            IsAsking = true;
            host.ReadView();
        }
    }

    public void Claim(GroupView view)
    {
        (IsAsking, _claimed) = (true, view);
        host.ClaimView(view);
    }

    /// <summary>What others say of views is not believed: the register is asked, however many messages come.</summary>
    public void Hint()
    {
        _isHinted = true;
        ReadOnHint();
    }

    public void Tick()
    {
        _hasReadInTick = false;
        ReadOnHint();
    }

    /// <summary>The answer has come. True when it is that to a claim.</summary>
    public bool Answered()
    {
        var isClaim = _claimed is not null;
        (IsAsking, _claimed) = (false, null);
        return isClaim;
    }

    /// <summary>What was said has been seen to.</summary>
    public void ForgetHint() => _isHinted = false;

    private void ReadOnHint()
    {
        if (_isHinted && !_hasReadInTick && !IsAsking)
        {
            (_isHinted, _hasReadInTick) = (false, true);
            Read();
        }
    }
}
