return await MicroView.Lab.LabCommandLine.RunAsync(args);
