"""The command `orthrus`, which is `python -m orthrus` too."""

import os
import sys

from orthrus.errors import OrthrusError
from orthrus.log import say
from orthrus.stop_signals import Stopped, stoppable


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and exit status 2."""
    try:
        with stoppable():
            from orthrus.cli import run  # takes seconds, in which the command may be stopped too

            run()
    except Stopped as stopped:
        say(f"stopped by {stopped.name}; no incomplete output was left")
        os._exit(stopped.status)  # threads that wait for a server are not waited for
    except OrthrusError as error:
        say(f"error: {' '.join(str(error).split())}")
        sys.exit(2)


if __name__ == "__main__":
    main()
