"""What HTTP answers say: whether another attempt may help, which version, and how many bytes."""

from __future__ import annotations

import contextlib
import re
import time
from email.utils import parsedate_to_datetime

import httpx

from orthrus.errors import OrthrusError

PASSING = {408, 425, 429, 500, 502, 503, 504}
"""Status codes that say: later perhaps."""
_DIGITS = "[0-9]{1,18}"
_NUMBER = re.compile(_DIGITS)
_RANGE = re.compile(rf"bytes {_DIGITS}-{_DIGITS}/(?P<whole>{_DIGITS})")
"""Sizes beyond these digits are no sizes, and Python does not read very long numbers."""


class RefusedError(OrthrusError):
    """A server does not give a file.

    Parameters
    ----------
    message
        What happened.
    status
        The status code of its answer; None when there is no answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class BrokenTransferError(RefusedError):
    """A transfer broke in a way that another attempt may mend.

    Parameters
    ----------
    message, status
        What happened, and the status code of an answer.
    wait
        Seconds that the server asks to wait.
    unreachable
        Whether no connection to the host came about.
    """

    def __init__(
        self,
        message: str,
        wait: float | None = None,
        status: int | None = None,
        unreachable: bool = False,
    ) -> None:
        super().__init__(message, status)
        self.wait = wait
        self.unreachable = unreachable


def check_status(url: str, answer: httpx.Response) -> None:
    """Raise what a status other than success means; 416 may be the answer to a resumed transfer."""
    status = answer.status_code
    if answer.is_success or (status == 416 and "If-Range" in answer.request.headers):
        return
    reason = f"{url}: the server answers {status} {answer.reason_phrase}".rstrip()
    if status in PASSING:
        raise BrokenTransferError(f"{reason}; try again later", _retry_after(answer), status)
    raise RefusedError(f"{reason}; check the address, or use a mirror that has the file", status)


def _retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header, which holds a number or a date."""
    value = answer.headers.get("Retry-After", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(value))
    with contextlib.suppress(ValueError, OverflowError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    return None


def version(answer: httpx.Response) -> str:
    """Return what If-Range may hold: a strong entity tag, or the date of the last change."""
    tag: str = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")


def announced(answer: httpx.Response) -> int | None:
    """Return the bytes of the whole file, of which the answer may hold a part, where it tells."""
    if answer.status_code == 206:  # its Content-Length is that of a part
        whole = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        return int(whole["whole"]) if whole else None
    length = answer.headers.get("Content-Length", "")
    return int(length) if _NUMBER.fullmatch(length) else None
