"""What single hosts ask for: few connections at once, a key, or trust without a certificate."""

from __future__ import annotations

import contextlib
import ipaddress
import netrc
import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from orthrus.config.sources import SourcesSettings
from orthrus.errors import OrthrusError
from orthrus.log import say
from orthrus.sources.file_lock import release, take
from orthrus.sources.http_errors import RefusedError
from orthrus.sources.part_files import remove_empty

KEYED_HOSTS = frozenset({"api.ncbi.nlm.nih.gov"})
"""Hosts that may see the key of NCBI."""
_KEY = "NCBI_API_KEY"
_KEY_HEADER = "api-key"
_ENCRYPTED, _FIRST = "encrypted", "first"
_PAUSE = 0.1
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ConnectionLimiter:
    """Limits the connections to each host over all processes that name the same folder.

    A connection holds an operating-system lock on `<folder>/<host>.<k>.lock`, which dies with its
    process. Files and folder go when nobody uses them.

    Parameters
    ----------
    folder
        Where the locks lie; None: nothing is limited.
    settings
        How many connections each host gets.
    """

    def __init__(self, folder: Path | None, settings: SourcesSettings) -> None:
        self._folder = folder
        self._settings = settings

    @contextlib.contextmanager
    def connection(self, url: str) -> Iterator[None]:
        """Wait until the host of `url` has a connection to spare, and keep it meanwhile.

        Raises
        ------
        OrthrusError
            The folder cannot be written.
        """
        try:
            host = urlsplit(url).hostname
        except ValueError as error:
            raise RefusedError(f"{url}: is no address: {error}") from None
        if self._folder is None or not host:
            yield
            return
        limit = self._settings.host_connections.get(host, self._settings.connections_per_host)
        missing = [folder for folder in self._folder.parents if not folder.exists()]
        path, descriptor = _take_one([self._folder / f"{host}.{k}.lock" for k in range(limit)])
        try:
            yield
        finally:
            release(path, descriptor)
            remove_empty([self._folder, *missing])


def _take_one(files: list[Path]) -> tuple[Path, int]:
    """Take the lock of one of several files of a folder; wait for it."""
    while True:
        try:
            _make(files[0].parent)
            for path in files:
                if (descriptor := take(path)) is not None:
                    return path, descriptor
        except FileNotFoundError:  # somebody removed the folder, as nobody used it
            continue
        except OSError as error:
            raise OrthrusError(f"{files[0]}: cannot be locked: {error.strerror}") from None
        time.sleep(_PAUSE)


def _make(folder: Path) -> None:
    """Make a folder which others may remove meanwhile: what exists may be gone when looked at."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        if not stat.S_ISDIR(os.lstat(error.filename).st_mode):
            raise


class RequestAuth:
    """Looks at every request, redirected ones too: who may see the key, and who is trusted.

    A request that was encrypted goes nowhere else in the clear, unless that host is trusted, and
    one to a public host is led to no private one.

    Raises
    ------
    OrthrusError
        The key in the environment cannot be sent in a header. The message does not show it.
    """

    def __init__(self, settings: SourcesSettings) -> None:
        self._insecure = set(settings.insecure_hosts)
        self._warned: set[tuple[str, str]] = set()
        self._key = os.environ.get(_KEY, "").strip()
        if not (self._key.isascii() and self._key.isprintable()):
            raise OrthrusError(f"{_KEY}: holds characters that no key has; set it anew")

    def __call__(self, request: httpx.Request) -> None:
        """Give a request the key if its host may see it; warn if its host is not verified.

        Raises
        ------
        RefusedError
            It was led here from an encrypted address, and is not encrypted; or from a public host
            to a private one.
        """
        request.headers.pop(_KEY_HEADER, None)
        host = request.url.host
        self._refuse_private(request)
        # A redirected request takes over the extensions of the one before.
        encrypted = request.extensions.get(_ENCRYPTED)
        if request.url.scheme != "https":
            if encrypted and host not in self._insecure:
                raise RefusedError(
                    f"{encrypted}: the server sends us on to {request.url}, which is not encrypted;"
                    f" use a mirror, or trust it all the same by naming {host} in"
                    " sources.insecure_hosts"
                )
            if encrypted:
                self._warn(host, "what it sends is not encrypted")
            return
        request.extensions[_ENCRYPTED] = str(request.url)
        if self._key and host in KEYED_HOSTS:
            request.headers[_KEY_HEADER] = self._key
        if host in self._insecure:
            self._warn(host, "its certificate is not verified")

    def _refuse_private(self, request: httpx.Request) -> None:
        """Refuse to be led from a public host to one of the machine or the local network."""
        host = request.url.host
        first = request.extensions.setdefault(_FIRST, str(request.url))
        begun = httpx.URL(first).host
        if host in (begun, *self._insecure) or not is_private(host) or is_private(begun):
            return
        raise RefusedError(
            f"{first}: the server sends us on to {host}, which is in a private network; use a"
            f" mirror, or trust it all the same by naming {host} in sources.insecure_hosts"
        )

    def _warn(self, host: str, what: str) -> None:
        if (host, what) not in self._warned:
            self._warned.add((host, what))
            say(f"warning: {host}: {what}, as sources.insecure_hosts asks")


def is_private(host: str) -> bool:
    """Return whether a host, by its address or its name, is in no public network.

    A host whose name cannot be resolved here, as behind a proxy, is taken for public.
    """
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False
    return not all(_is_public(str(one).partition("%")[0]) for one in found)


def _is_public(address: str) -> bool:
    """Tell whether an IP address is of the public network, as is the one that it wraps, if any."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            wrapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if wrapped is not None and not _is_public(str(wrapped)):
            return False
    return found.is_global and not found.is_multicast


def logins() -> httpx.Auth | None:
    """Return the names and passwords of hosts in `~/.netrc`, or in the file that NETRC names.

    Raises
    ------
    OrthrusError
        The file is malformed, or others may read it.
    """
    path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    if not path.is_file():
        return None
    try:
        return httpx.NetRCAuth(str(path))
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "msg", None) or getattr(error, "strerror", None) or "is not text"
        raise OrthrusError(f"{path}: {reason}") from None


def unverified(settings: SourcesSettings) -> dict[str, httpx.BaseTransport]:
    """Return how to reach each insecure host: through the same proxy, but without verification."""
    proxy = getproxies().get("https")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    return {
        f"https://{host}": httpx.HTTPTransport(
            verify=False, proxy=None if proxy_bypass(host) else proxy
        )
        for host in settings.insecure_hosts
    }
