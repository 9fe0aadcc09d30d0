"""Runs one command and says how long it took and what it needed. A program of its own, and a small one.

On Linux the peak memory of a process counts from that of the process that started it: a measuring program that has
imported anything would be measured too. Run as `python -I -S probe.py OUTPUT PROCESSORS COMMAND…`.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command with its standard output in a file, on some processors (0: all); print the figures as JSON."""
    output, processors, *command = sys.argv[1:]
    if int(processors) and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(processors)])
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, f"{output}.err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=files)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    # Kilobytes on Linux, bytes on macOS; the largest of the process and the children that it waited for.
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    work = usage.ru_utime + usage.ru_stime
    print(json.dumps({"seconds": seconds, "work": work, "peak": peak, "status": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main()
