import EventLoop
import Glibc

exit(Loop.run { await CommandLineEntry.run() })
