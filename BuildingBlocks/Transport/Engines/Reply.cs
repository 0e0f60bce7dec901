using Lab.Transport.Frames;

namespace Lab.Transport.Engines;

/// <summary>A reply on its way out.</summary>
/// <param name="Frame">Disposed of when it has left.</param>
/// <param name="HeldBytes">What its connection holds because of it, until then.</param>
/// <param name="HoldsSlot">It answers a request, whose slot is free when it has left.</param>
internal readonly record struct Reply(OutgoingFrame Frame, int HeldBytes, bool HoldsSlot);
