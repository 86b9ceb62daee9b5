"""Transfers over HTTP: they resume, wait and try again, and never take a part for the whole."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

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
from orthrus.log import say
from orthrus.sources.connection_limits import ConnectionLimiter, RequestAuth, logins, unverified
from orthrus.sources.http_errors import (
    BrokenTransferError,
    RefusedError,
    announced,
    check_status,
)
from orthrus.sources.part_files import PartFile
from orthrus.sources.resumed_downloads import (
    Watch,
    begin,
    continues,
    finish_or_restart,
    save,
)

_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
NO_HEAD = {403, 405, 501}
"""Status codes of servers that only answer when the file itself is asked for."""

T = TypeVar("T")


@dataclass(frozen=True)
class Stat:
    """What a source says about a file without sending it.

    Attributes
    ----------
    status
        `200`, the status code of another answer, `unreachable`, or what NCBI says of an assembly.
    bytes
        How large the file is, where the source tells.
    fault
        Why the file cannot be had; empty when it can.
    """

    status: str
    bytes: int | None = None
    fault: str = ""

    @classmethod
    def refused(cls, error: RefusedError) -> Stat:
        """Return what a refusal says."""
        return cls(str(error.status or "unreachable"), fault=str(error))


class Client:
    """Fetches URLs; certificates are verified, connections reused, threads welcome.

    Parameters
    ----------
    settings
        Retries, waiting, limits and exceptions of hosts.
    slots
        Folder of the locks that limit the connections to each host, shared by all processes that
        fetch at the same time; None: no limit.
    give_up
        Answer for all files of a host that one of them could not reach in the end.
    """

    def __init__(
        self, settings: SourcesSettings, slots: Path | None = None, give_up: bool = False
    ) -> None:
        self._settings = settings
        self._give_up = give_up
        self._gone: dict[str, str] = {}
        self._voice = RetryLog()
        self._slots = ConnectionLimiter(slots, settings)
        self._backoff = wait_exponential(multiplier=settings.backoff, max=settings.longest_wait)
        self._http = httpx.Client(
            timeout=settings.timeout,
            follow_redirects=True,
            headers={"User-Agent": f"orthrus/{__version__}", "Accept-Encoding": "identity"},
            auth=logins(),
            event_hooks={"request": [RequestAuth(settings)]},
            mounts=unverified(settings),
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
            with self._answer("GET", url) as answer:
                return answer.read().decode("utf-8", errors="replace")

        return self._patiently(url, attempt)

    def stat(self, url: str, stay: bool = False) -> Stat:
        """Ask about a file without fetching it; what is wrong stands in the answer.

        `stay` means what it does for `download`.
        """

        def ask(method: str, **headers: str) -> Stat:
            with self._answer(method, url, headers) as answer:
                if stay:
                    _check_host(url, answer)
                return Stat("200", announced(answer))

        def attempt() -> Stat:
            try:
                return ask("HEAD")
            except BrokenTransferError:
                raise
            except RefusedError as error:
                if error.status not in NO_HEAD:
                    raise
                return ask("GET", Range="bytes=0-0")

        try:
            return self._patiently(url, attempt)
        except RefusedError as error:
            return Stat.refused(error)

    def download(
        self,
        url: str,
        part: PartFile,
        check: Callable[[PartFile], None] = lambda _: None,
        watch: Watch = lambda *_: None,
        stay: bool = False,
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
        stay
            Refuse to be sent on to another host, which may serve another release.

        Raises
        ------
        OrthrusError
            The server refuses it, or every attempt broke.
        """

        def attempt() -> None:
            self._attempt(url, part, watch, stay)
            check(part)

        self._patiently(url, attempt)

    def _attempt(self, url: str, part: PartFile, watch: Watch, stay: bool) -> None:
        resume = part.size if part.tag else 0
        headers = {"Range": f"bytes={resume}-", "If-Range": part.tag} if resume else {}
        with self._answer("GET", url, headers) as answer:
            if stay:
                _check_host(url, answer)
            if answer.status_code == 416:
                finish_or_restart(answer, part)
                return
            if answer.status_code != 206:
                total = begin(answer, part)
            elif resume and continues(answer, part):
                total = announced(answer)
                part.mark(part.tag, total)
            else:
                part.restart(part.tag, part.total)
                raise BrokenTransferError(f"{url}: the server did not go on where asked", wait=0)
            save(answer, part, total, watch)

    @contextlib.contextmanager
    def _answer(
        self, method: str, url: str, headers: dict[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """Open an answer whose status is good; faults become errors of ours."""
        try:
            with self._http.stream(method, url, headers=headers) as answer:
                check_status(url, answer)
                yield answer
        except httpx.TransportError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise RefusedError(
                    f"{url}: the server's certificate cannot be verified; name a file that holds"
                    " its whole chain in SSL_CERT_FILE, use a mirror, or trust it all the same by"
                    f" naming {error.request.url.host} in sources.insecure_hosts"
                ) from None
            reason = _ERRNO.sub("", str(error)) or type(error).__name__
            # A host that we were sent on to says nothing of the one that was asked.
            gone = isinstance(error, _NO_CONNECTION) and (
                error.request.url.netloc == httpx.URL(url).netloc
            )
            raise BrokenTransferError(f"{url}: {reason}", unreachable=gone) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RefusedError(f"{url}: {error}") from None

    def _patiently(self, url: str, attempt: Callable[[], T]) -> T:
        """Return what an attempt gives, the last one of several at worst.

        The connection is kept while waiting, so that a host which asks to wait is left alone.
        """
        host = urlsplit(url).netloc
        retrying = Retrying(
            stop=stop_after_attempt(self._settings.retries + 1),
            wait=self._wait,
            retry=retry_if_exception_type(BrokenTransferError),
            before_sleep=lambda state: self._tell(url, state),
            sleep=time.sleep,
            reraise=True,
        )
        with self._slots.connection(url):
            if host in self._gone:
                raise RefusedError(f"{url}: {self._gone[host]}")
            try:
                return retrying(attempt)
            except BrokenTransferError as error:
                if self._give_up and error.unreachable:
                    self._gone[host] = _reason(url, error)
                raise

    def _tell(self, url: str, state: RetryCallState) -> None:
        """Say that a further attempt will follow."""
        if state.outcome and state.next_action:
            reason = _reason(url, state.outcome.exception())
            self._voice.tell(f"{urlsplit(url).hostname}: {reason}", state.next_action.sleep)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, BrokenTransferError) else None
        if asked is None:
            return self._backoff(state)
        return min(asked, self._settings.longest_wait)


class RetryLog:
    """Says why a transfer is tried again, once where many wait for the same reason."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def tell(self, reason: str, wait: float) -> None:
        """Say a line unless the same was said, and what it says to come is yet to come."""
        now = time.monotonic()
        with self._lock:
            if now < self._until.get(reason, now):
                return
            self._until[reason] = now + wait
        say(f"{reason}; trying again" + (f" in {wait:.0f} s" if wait >= 1 else ""))


def _reason(url: str, error: BaseException | None) -> str:
    """Return what is wrong, without the address and without advice that we follow ourselves."""
    return str(error).removeprefix(f"{url}: ").removesuffix("; try again later")


def _check_host(url: str, answer: httpx.Response) -> None:
    """Refuse an answer of another host than the one asked."""
    if answer.url.host != httpx.URL(url).host:
        raise RefusedError(
            f"{url}: the server sends us on to {answer.url.host}, as if this release were no longer"
            " served; give the address of one that is, or use a mirror"
        )
