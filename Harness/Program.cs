// The load's clients never block, and every thread switch of theirs would be measured as the system's.
Lab.ServiceDefaults.RuntimeTuning.CompleteSocketsInline();
return await Lab.Harness.Commands.LabCommand.RunAsync(args);
