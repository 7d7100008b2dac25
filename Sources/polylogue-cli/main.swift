import Glibc
import PolylogueCommands

exit(Program.main())
