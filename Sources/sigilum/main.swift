internal import LocalWorld
internal import SigilumCLI

// The program that is started: small, so that what scripts run all day starts at once. Whatever it does not know itself
// is the full program's, which it becomes before it has looked at anything.
if !LocalCommands.contain(CommandLine.unsafeArgv) { FullProgram.become() }
let inherited = ProcessHardening.apply()
DescriptorLimit.require()
let intake = ArgumentIntake.live()
var context = Context.live(intake, openers: .local, inherited: inherited)
context.hasFullProgram(inherited)
let local = context
runToTheEnd { await runSigilum(intake, local) }
