"""Where bytes come from: the real servers, or a mirror whose tree repeats `host/path`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote

import httpx

from orthrus.errors import OrthrusError
from orthrus.sources import assemblies, biomart, content_checks, html_index, ncbi, zip_members
from orthrus.sources.catalogue import Entry
from orthrus.sources.part_files import PartFile
from orthrus.sources.resumed_downloads import Watch
from orthrus.sources.transfer import Client, Stat

T = TypeVar("T")


class Origin(Protocol):
    """Something that serves files by their `host/path`."""

    def text(self, entry: Entry) -> str:
        """Return a small text file."""

    def copy(self, entry: Entry, part: PartFile, watch: Watch) -> None:
        """Complete a partial file."""

    def stat(self, entry: Entry) -> Stat:
        """Tell whether a file can be had, and how large it is, without sending it."""

    def children(self, folder: str) -> list[str]:
        """Return the names in the folder `host/path`; those of folders end with `/`."""


def origin(mirror: str | None, client: Client) -> Origin:
    """Return the origin that a `mirror` setting means: none, a URL or a folder.

    Raises
    ------
    OrthrusError
        It is a URL that is malformed or not of http, or a folder that is not there.
    """
    if mirror is None:
        return Servers(client)
    scheme, parted, _ = mirror.strip().partition("://")
    if not parted:
        return FolderMirror(Path(mirror))
    if scheme.lower() not in ("http", "https"):
        raise OrthrusError(f"{mirror}: a mirror is a folder, or has an address of http or https")
    address = f"{scheme.lower()}://{mirror.strip()[len(scheme) + 3 :]}"
    try:
        httpx.URL(address)
    except (ValueError, httpx.InvalidURL) as error:
        raise OrthrusError(f"{mirror}: is no address: {error}") from None
    return WebMirror(client, address)


class Servers:
    """The real servers; where an address fails, its fallback is tried."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def text(self, entry: Entry) -> str:
        """Return a small text file."""
        return _first(self._client.text, _addresses(entry))

    def copy(self, entry: Entry, part: PartFile, watch: Watch) -> None:
        """Complete a partial file; what BioMart, NCBI and archives wrap it in is taken off."""
        if biomart.is_query(entry.url):
            biomart.fetch(self._client, entry.url, part, watch)
        elif assembly := assemblies.find(entry.path):
            ncbi.fetch(self._client, assembly, entry.url, part, watch)
        else:
            _first(lambda url: self._copy(entry, url, part, watch), _addresses(entry))

    def _copy(self, entry: Entry, url: str, part: PartFile, watch: Watch) -> None:
        address, _, member = url.partition("#")
        if member:
            self._client.download(address, part, zip_members.check, watch)
            zip_members.extract(part, member)
        else:
            self._client.download(address, part, content_checks.check(entry), watch)

    def stat(self, entry: Entry) -> Stat:
        """Ask for the head of a file; of what a service makes on request, no size is known."""
        if biomart.is_query(entry.url):
            service = entry.url.partition("?")[0]
            found = self._client.stat(f"{service}?type=registry", stay=True)
            return replace(found, bytes=None)
        if assembly := assemblies.find(entry.path):
            return ncbi.stat(self._client, assembly, entry.url)
        found = Stat("unreachable")
        for url in _addresses(entry):
            found = self._client.stat(url.partition("#")[0])
            if not found.fault:
                break
        return found

    def children(self, folder: str) -> list[str]:
        """Return the names in a folder from its index page."""
        url = f"https://{quote(folder)}/"
        return html_index.children(self._client.text(url), url)


class WebMirror:
    """A web server that repeats `host/path` below `base`."""

    def __init__(self, client: Client, base: str) -> None:
        self._client = client
        self._base = base.rstrip("/")

    def text(self, entry: Entry) -> str:
        """Return a small text file."""
        return self._client.text(self._url(entry.path))

    def copy(self, entry: Entry, part: PartFile, watch: Watch) -> None:
        """Complete a partial file."""
        self._client.download(self._url(entry.path), part, content_checks.check(entry), watch)

    def stat(self, entry: Entry) -> Stat:
        """Ask for the head of a file."""
        return self._client.stat(self._url(entry.path))

    def children(self, folder: str) -> list[str]:
        """Return the names in a folder from its index page."""
        url = f"{self._url(folder)}/"
        return html_index.children(self._client.text(url), url)

    def _url(self, path: str) -> str:
        return f"{self._base}/{quote(path)}"


class FolderMirror:
    """A folder that repeats `host/path`.

    Raises
    ------
    OrthrusError
        There is no such folder.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise OrthrusError(f"{root}: the mirror is neither a folder nor an http(s) URL")
        self._root = root

    def text(self, entry: Entry) -> str:
        """Return a small text file."""
        return self._existing(entry.path).read_text(encoding="utf-8", errors="replace")

    def copy(self, entry: Entry, part: PartFile, watch: Watch) -> None:
        """Complete a partial file, from the start: a copy is quick."""
        source = self._existing(entry.path)
        part.restart()
        shutil.copyfile(source, part.path)
        watch(part.size, source.stat().st_size)
        content_checks.check(entry)(part)

    def stat(self, entry: Entry) -> Stat:
        """Look at a file."""
        try:
            return Stat("200", self._existing(entry.path).stat().st_size)
        except OrthrusError as error:
            return Stat("404", fault=str(error))

    def children(self, folder: str) -> list[str]:
        """Return the names in a folder."""
        place = self._root / folder
        if not place.is_dir():
            raise OrthrusError(f"{folder}: the mirror {self._root} has no such folder")
        return sorted(child.name + "/" * child.is_dir() for child in place.iterdir())

    def _existing(self, path: str) -> Path:
        if not (self._root / path).is_file():
            raise OrthrusError(f"{path}: the mirror {self._root} has no such file; add it there")
        return self._root / path


def _addresses(entry: Entry) -> list[str]:
    return [url for url in (entry.url, entry.fallback_url) if url]


def _first(get: Callable[[str], T], urls: list[str]) -> T:
    """Return what the first URL that works gives; else OrthrusError with every reason."""
    reasons = []
    for url in urls:
        try:
            return get(url)
        except OrthrusError as error:
            reasons.append(str(error))
    raise OrthrusError("; and ".join(reasons))
