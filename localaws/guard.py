"""Ends a run's processes when the run's owner is gone: `python -m localaws.guard RUN_ID`.

Standard input is a pipe from the owner, which never writes: its end means that the owner stopped
or was killed, also by SIGKILL, after which nobody else could clean up.
"""

import signal
import sys

from localaws.processes import kill_all


def main(run_id: str) -> None:
    """Wait for the owner's end, then kill what is left of its run."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    kill_all(run_id)


if __name__ == "__main__":
    main(sys.argv[1])
