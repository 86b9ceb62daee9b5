"""The one exception that means: the user can mend this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class OrthrusError(Exception):
    """A mistake in the input or its surroundings, told in one line.

    The message says what is wrong, where (file, line, transcript) and what to do. The command
    line prints it without a traceback and exits with status 2.

    Examples
    --------
    >>> try:
    ...     raise OrthrusError("my.gtf: cannot be read: No such file or directory")
    ... except OrthrusError as error:
    ...     print(error)
    my.gtf: cannot be read: No such file or directory
    """


@contextmanager
def at_fault(path: str | Path | None) -> Iterator[None]:
    """Name the file at fault first in every OrthrusError raised within; None names none."""
    try:
        yield
    except OrthrusError as error:
        raise (error if path is None else OrthrusError(f"{path}: {error}")) from None
