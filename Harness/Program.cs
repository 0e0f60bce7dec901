return await Lab.Harness.Commands.LabCommand.RunAsync(args);
