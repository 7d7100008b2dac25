import CPolylogueMalloc
import Glibc
import PolylogueCommands

// glibc keeps freed memory up to twice the largest block it has ever seen; an import sees a few of
// many megabytes. Blocks of 1 MB and more go back at once, the rest beyond 4 MB.
mallopt(M_MMAP_THRESHOLD, 1 << 20)
mallopt(M_TRIM_THRESHOLD, 4 << 20)
exit(Program.main())
