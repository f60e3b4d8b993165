internal import Glibc
internal import SigilumCLI

// Composition only. The order matters: nothing may crash loudly, then the secrets leave the command line, then the
// environment, and only then does anything else run.
ProcessHardening.apply()
let intake = ArgumentIntake.live()
exit(await runSigilum(intake, .live(intake, openers: Openers())))
