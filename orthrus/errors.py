"""The one exception that means: the user can mend this."""


class OrthrusError(Exception):
    """A mistake in the input or its surroundings, told in one line.

    The message says what is wrong, where (file, line, transcript) and what to do. The command
    line prints it without a traceback and exits with status 2.
    """
