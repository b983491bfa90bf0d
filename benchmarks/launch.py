"""Run a command and print what it took, as JSON: wall, processor, peak memory, exit code.

A process inherits the peak memory of the one that starts it, so what starts a measured
command must be small: this script, and not the benchmarks with all they have imported.
"""

import json
import os
import subprocess
import sys
import time

begin = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
wall = time.perf_counter() - begin
process.returncode = os.waitstatus_to_exitcode(status)
# ru_maxrss counts bytes on macOS and KiB elsewhere.
memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([wall, usage.ru_utime + usage.ru_stime, memory, process.returncode]))
