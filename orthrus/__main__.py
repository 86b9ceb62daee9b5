"""The command `orthrus`, which is `python -m orthrus` too.

It may be stopped while the modules of all commands are loaded, which takes seconds: hence imports
stand where signals are looked after.
"""

import os
import sys

from orthrus.errors import OrthrusError
from orthrus.stop_signals import Stopped, stoppable


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and exit status 2."""
    try:
        with stoppable():
            from orthrus.cli import run

            run()
    except Stopped as stopped:
        from orthrus.log import say

        say(f"stopped by {stopped.name}; no incomplete output was left")
        os._exit(stopped.status)  # threads that wait for a server are not waited for
    except OrthrusError as error:
        from orthrus.log import say

        say(f"error: {' '.join(str(error).split())}")
        sys.exit(2)


if __name__ == "__main__":
    main()
