"""Transfers over HTTP: they resume, wait and try again, and never take a part for the whole."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from orthrus import __version__
from orthrus.config.sources import SourcesSettings
from orthrus.errors import OrthrusError
from orthrus.sources.partial import Partial

PASSING = {408, 425, 429, 500, 502, 503, 504}
"""Status codes that say: later perhaps."""

Watch = Callable[[int, int | None], None]
"""Called with the bytes that are there and the bytes that there will be, where known."""


class BrokenTransferError(OrthrusError):
    """A transfer broke in a way that another attempt may mend.

    Parameters
    ----------
    message
        What happened.
    wait
        Seconds that the server asks to wait.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Client:
    """Fetches URLs; certificates are verified, connections reused, threads welcome."""

    def __init__(self, settings: SourcesSettings) -> None:
        self._settings = settings
        self._backoff = wait_exponential(multiplier=settings.backoff, max=settings.longest_wait)
        self._http = httpx.Client(
            timeout=settings.timeout,
            follow_redirects=True,
            headers={"User-Agent": f"orthrus/{__version__}", "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def text(self, url: str) -> str:
        """Return a small text file.

        Raises
        ------
        OrthrusError
            The server refuses it, or every attempt broke.
        """

        def attempt() -> str:
            with self._answer(url, {}) as answer:
                return answer.read().decode("utf-8", errors="replace")

        return self._retrying()(attempt)

    def download(
        self,
        url: str,
        part: Partial,
        check: Callable[[Partial], None] = lambda _: None,
        watch: Watch = lambda *_: None,
    ) -> None:
        """Complete a partial file.

        Parameters
        ----------
        url
            What to fetch.
        part
            Goes on from its end where the server still has the same version, else starts anew.
        check
            Looks at the whole file; what it raises as `BrokenTransferError` is tried again.
        watch
            Told about progress.

        Raises
        ------
        OrthrusError
            The server refuses it, or every attempt broke.
        """

        def attempt() -> None:
            self._attempt(url, part, watch)
            check(part)

        self._retrying()(attempt)

    def _attempt(self, url: str, part: Partial, watch: Watch) -> None:
        resume = part.size if part.tag else 0
        headers = {"Range": f"bytes={resume}-", "If-Range": part.tag} if resume else {}
        with self._answer(url, headers) as answer:
            if answer.status_code == 416:
                _finish_or_restart(answer, part)
                return
            if answer.status_code != 206:
                part.restart(_version(answer))
            elif not _continues(answer, part):
                part.restart()
                raise BrokenTransferError(f"{url}: the server did not go on where asked", wait=0)
            _save(answer, part, watch)

    @contextlib.contextmanager
    def _answer(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Open an answer whose status is good; faults become errors of ours."""
        try:
            with self._http.stream("GET", url, headers=headers) as answer:
                _check_status(url, answer)
                yield answer
        except httpx.TransportError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise OrthrusError(
                    f"{url}: the server's certificate cannot be verified; name a file that holds"
                    " its whole chain in SSL_CERT_FILE, or use a mirror"
                ) from None
            raise BrokenTransferError(f"{url}: {error or type(error).__name__}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OrthrusError(f"{url}: {error}") from None

    def _retrying(self) -> Retrying:
        return Retrying(
            stop=stop_after_attempt(self._settings.retries + 1),
            wait=self._wait,
            retry=retry_if_exception_type(BrokenTransferError),
            sleep=time.sleep,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, BrokenTransferError) else None
        if asked is None:
            return self._backoff(state)
        return min(asked, self._settings.longest_wait)


def _check_status(url: str, answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success or (status == 416 and "Range" in answer.request.headers):
        return
    reason = f"{url}: the server answers {status} {answer.reason_phrase}".rstrip()
    if status in PASSING:
        raise BrokenTransferError(f"{reason}; try again later", _retry_after(answer))
    raise OrthrusError(f"{reason}; check the address, or use a mirror that has the file")


def _retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header, which holds a number or a date."""
    value = answer.headers.get("Retry-After", "")
    with contextlib.suppress(ValueError):
        return max(0.0, float(value))
    with contextlib.suppress(ValueError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    return None


def _version(answer: httpx.Response) -> str:
    """Return what If-Range may hold: a strong entity tag, or the date of the last change."""
    tag: str = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")


def _continues(answer: httpx.Response, part: Partial) -> bool:
    """Tell whether a 206 answer starts at the end of the partial file, in the same version."""
    content_range: str = answer.headers.get("Content-Range", "")
    return content_range.startswith(f"bytes {part.size}-") and _version(answer) in ("", part.tag)


def _finish_or_restart(answer: httpx.Response, part: Partial) -> None:
    """Act on 416: the partial file is whole already, or of no use."""
    if answer.headers.get("Content-Range") != f"bytes */{part.size}":
        part.restart()
        raise BrokenTransferError(
            f"{answer.url}: the server no longer has the rest of this file", wait=0
        )


def _save(answer: httpx.Response, part: Partial, watch: Watch) -> None:
    """Append the body to a partial file, and make sure that it is as long as announced."""
    announced = answer.headers.get("Content-Length")
    total = part.size + int(announced) if announced is not None else None
    with open(part.path, "ab") as handle:
        for chunk in answer.iter_raw():
            handle.write(chunk)
            watch(handle.tell(), total)
    if total is not None and part.size != total:
        raise BrokenTransferError(f"{answer.url}: {part.size} of {total} bytes came")
