"""A web server with faults, and a small mirror, for the tests of the sources stage."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from orthrus.config.sources import SourcesSettings
from orthrus.sources.catalogue import Entry
from orthrus.sources.toga_queries import COLUMNS as QUERY_COLUMNS

UCSC = "hgdownload.soe.ucsc.edu/goldenPath"
REFERENCE = {
    "species": "X d'y",
    "genome": "ucsc.ce11.genome",
    "table": "ucsc.ce11.ncbiRefSeq",
    "chrom_sizes": "ucsc.ce11.chrom_sizes",
}
QUERY = ("canFam3.toga_hg38", "Canis lupus", "9615", "ucsc.canFam3.genome", *("a.org/x",) * 3)
QUICK = SourcesSettings(retries=3, timeout=5, backoff=0.001, longest_wait=0.05)


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder with ranges and entity tags, unless a fault is due for the path."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits for an acknowledgement
    server: Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].lstrip("/")
        self.server.seen[path].append({":method": self.command, **self.headers})
        if self.server.faults[path]:
            self.server.faults[path].pop(0)(self)
        elif Path(self.translate_path(self.path)).is_file():
            self.send_body(self.whole())
        else:
            super().do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def whole(self) -> bytes:
        """Return the file asked for."""
        return Path(self.translate_path(self.path)).read_bytes()

    def send_body(
        self,
        body: bytes,
        ranges: bool = True,
        keep: float = 1.0,
        version: tuple[str, str] | None = None,
    ) -> None:
        """Send a file.

        `keep` is the share of the announced bytes that really come; `version` is the header that
        tells versions apart and its value, an entity tag if not given.
        """
        header, value = version or ("ETag", f'"{hashlib.md5(body).hexdigest()}"')
        start = self.wanted(value) if ranges else 0
        if start and start >= len(body):
            self.send_empty(416, {"Content-Range": f"bytes */{len(body)}"})
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        rest = body[start:]
        self.send_header("Content-Length", str(len(rest)))
        self.send_header(header, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(rest[: int(len(rest) * keep)])
        self.close_connection = keep < 1

    def wanted(self, tag: str) -> int:
        """Return the first byte asked for, 0 when the client holds another version."""
        if self.headers.get("If-Range", tag) != tag or "Range" not in self.headers:
            return 0
        return int(self.headers["Range"].removeprefix("bytes=").partition("-")[0])

    def send_empty(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


Fault = Callable[[Handler], None]


class Server(ThreadingHTTPServer):
    """What was asked (headers by path) and which faults come next (by path)."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(root)))
        self.root = root
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.seen: dict[str, list[dict[str, str]]] = defaultdict(list)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *args: object) -> None:
        """Say nothing of clients that went away, as those of some faults do."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(*args)  # type: ignore[arg-type]

    def encrypt(self, folder: Path) -> Path:
        """Go on with a certificate that nobody knows, which is returned: its host is localhost."""
        command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out crt"
        names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "crt", folder / "key")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = self.url.replace("http://127.0.0.1", "https://localhost")
        return folder / "crt"


@contextlib.contextmanager
def serving(root: Path) -> Iterator[Server]:
    """Run a server of `root` in a thread."""
    with Server(root) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def status(code: int, **headers: str) -> Fault:
    """A fault: answer with a status; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send_empty(code, named)


def broken(handler: Handler) -> None:
    """A fault: close the connection after half of the announced bytes."""
    handler.send_body(handler.whole(), keep=0.5)


def versioned(header: str, value: str, keep: float = 1.0) -> Fault:
    """A fault: mark the version by another header, and perhaps send only a share of the bytes."""
    return lambda handler: handler.send_body(handler.whole(), keep=keep, version=(header, value))


def endless(handler: Handler) -> None:
    """A fault: announce no length, send half of the bytes in chunks, and no last chunk."""
    body = handler.whole()
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.send_header("ETag", f'"{hashlib.md5(body).hexdigest()}"')
    handler.end_headers()
    half = body[: len(body) // 2]
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
    handler.close_connection = True


def reset(handler: Handler) -> None:
    """A fault: cut the connection after half of the announced bytes, as a dying host does."""
    broken(handler)
    handler.wfile.flush()
    at_once = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    handler.connection.close()


def sparing(handler: Handler) -> None:
    """A fault: send half of the range that was asked for, and say so."""
    body = handler.whole()
    start = handler.wanted(f'"{hashlib.md5(body).hexdigest()}"')
    end = (start + len(body)) // 2
    handler.send_response(206)
    handler.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(body)}")
    handler.send_header("Content-Length", str(end - start))
    handler.end_headers()
    handler.wfile.write(body[start:end])


def rangeless(handler: Handler) -> None:
    """A fault: ignore the range, as simple servers do."""
    handler.send_body(handler.whole(), ranges=False)


def text(body: bytes) -> Fault:
    """A fault: answer with `body` whatever is asked."""
    return lambda handler: handler.send_body(body, ranges=False)


class Hanging:
    """A fault: send half of the announced bytes, then nothing until `released`."""

    def __init__(self) -> None:
        self.started, self.released = threading.Event(), threading.Event()

    def __call__(self, handler: Handler) -> None:
        broken(handler)
        handler.wfile.flush()
        self.started.set()
        self.released.wait(30)


def entry(path: str, kind: str = "unpinned", checksum: str = "", **others: str) -> Entry:
    """An entry for a file of a mirror."""
    values = {
        "name": "a.name",
        "version": "1",
        "url": f"https://{path}",
        "fallback_url": "",
        "licence": "",
        "used_by": "",
    } | others
    return Entry(**values, path=path, checksum_kind=kind, checksum=checksum)


def small_build(folder: Path, header: tuple[str, ...] = QUERY_COLUMNS) -> Path:
    """Write a build with one reference and one query, and return its path."""
    build = {
        "name": "mine",
        "references": {"ce11.ncbirefseq": REFERENCE},
        "toga": {"queries": "queries.tsv"},
        "models": {"plain": {}},
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(build))
    lines = ("\t".join(header), "\t".join((*QUERY, "a.org/names")[: len(header)]))
    (folder / "queries.tsv").write_text("\n".join(lines) + "\n")
    return folder / "mine.yaml"


def files_below(folder: Path) -> list[str]:
    """Every file and folder below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
