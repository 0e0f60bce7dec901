namespace Lab.Coordination.Simulation;

/// <summary>Something that must not happen did, in a simulation; the message names the seed that repeats it.</summary>
public sealed class SimulationException(string message, Exception? innerException = null) : Exception(message, innerException);
