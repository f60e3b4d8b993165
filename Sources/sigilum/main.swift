internal import SigilumCLI

// Hardening first, then the secrets leave the command line and the environment, before anything can copy them.
let inherited = ProcessHardening.apply()
DescriptorLimit.require()
let intake = ArgumentIntake.live()
let context = Context.live(intake, openers: .live, inherited: inherited)
runToTheEnd { await runSigilum(intake, context) }
