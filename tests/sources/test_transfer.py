from __future__ import annotations

import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from pathlib import Path

import pytest
from sources_helpers import QUICK, Fault, Server, broken, rangeless, serving, status, text

from orthrus.errors import OrthrusError
from orthrus.sources.partial import Partial, partial
from orthrus.sources.transfer import Client

PATH = "a.org/pub/data.bin"


def fetched(client: Client, server: Server, target: Path) -> bytes:
    with partial(target) as part:
        client.download(f"{server.url}/{PATH}", part)
        return part.path.read_bytes()


@pytest.fixture
def whole(mirror: Path) -> bytes:
    return (mirror / PATH).read_bytes()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out" / "data.bin"


def interrupted(server: Server, target: Path) -> None:
    """Leave half of the file behind, as a killed process would."""
    server.faults[PATH] = [broken]
    once = QUICK.model_copy(update={"retries": 0})
    with Client(once) as client, pytest.raises(OrthrusError, match="127"):
        fetched(client, server, target)
    assert 0 < Partial(target).size < 2**20


def test_download_is_exact(client: Client, server: Server, target: Path, whole: bytes) -> None:
    assert fetched(client, server, target) == whole


def test_broken_streams_resume_with_ranges(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    server.faults[PATH] = [broken, broken]
    assert fetched(client, server, target) == whole
    ranges = [headers.get("Range") for headers in server.seen[PATH]]
    assert ranges == [None, "bytes=524288-", "bytes=786432-"]


def test_a_later_process_resumes(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    interrupted(server, target)
    assert fetched(client, server, target) == whole
    assert server.seen[PATH][-1]["Range"] == "bytes=524288-"


def test_a_server_without_ranges_starts_anew(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    server.faults[PATH] = [broken, rangeless]
    assert fetched(client, server, target) == whole


def test_a_file_that_changed_meanwhile_is_not_mixed(
    client: Client, server: Server, target: Path, mirror: Path
) -> None:
    interrupted(server, target)
    (mirror / PATH).write_bytes(b"new" * 300_000)
    assert fetched(client, server, target) == b"new" * 300_000


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Range": "bytes 7-9/10", "ETag": '"x"'},
        {"Content_Range": "bytes 524288-1048575/1048576", "ETag": '"other"'},
    ],
)
def test_a_wrong_range_is_not_appended(
    client: Client, server: Server, target: Path, whole: bytes, headers: dict[str, str]
) -> None:
    server.faults[PATH] = [broken, status(206, **headers)]
    assert fetched(client, server, target) == whole


def test_range_beyond_the_end_means_whole_when_sizes_agree(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    interrupted(server, target)
    Partial(target).path.write_bytes(whole)
    assert fetched(client, server, target) == whole
    assert len(server.seen[PATH]) == 2


def test_range_beyond_the_end_starts_anew_when_sizes_differ(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    interrupted(server, target)
    Partial(target).path.write_bytes(whole + b"more")
    assert fetched(client, server, target) == whole


def test_retries_after_503_and_429(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    server.faults[PATH] = [
        status(503),
        status(429, Retry_After="0.01"),
        status(429, Retry_After=soon),
    ]
    assert fetched(client, server, target) == whole


def test_waits_as_long_as_the_server_asks(
    server: Server, target: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    server.faults[PATH] = [status(429, Retry_After="7"), status(503), status(503)]
    patient = QUICK.model_copy(update={"backoff": 1.0, "longest_wait": 60.0})
    with Client(patient) as client:
        assert fetched(client, server, target) == whole
    assert waits == [7.0, 2.0, 4.0]


@pytest.mark.parametrize("first", [broken, rangeless, status(503)])
def test_any_sequence_of_faults_ends_in_the_exact_file(
    client: Client, server: Server, tmp_path: Path, whole: bytes, first: Fault
) -> None:
    lost = status(206, Content_Range="bytes 1-2/3")
    others = [broken, rangeless, lost, status(503)]
    for number, rest in enumerate(product(others, repeat=2)):
        server.faults[PATH] = [first, *rest]
        assert fetched(client, server, tmp_path / str(number)) == whole


def test_404_is_not_tried_again(client: Client, server: Server, target: Path) -> None:
    server.faults[PATH] = [status(404)]
    with pytest.raises(OrthrusError, match=r"data.bin: the server answers 404 Not Found; check"):
        fetched(client, server, target)
    assert len(server.seen[PATH]) == 1
    assert not target.parent.exists()


def test_gives_up_after_the_last_retry(client: Client, server: Server, target: Path) -> None:
    server.faults[PATH] = [status(503)] * 9
    with pytest.raises(OrthrusError, match="503"):
        fetched(client, server, target)
    assert len(server.seen[PATH]) == 1 + QUICK.retries


def test_nobody_there(client: Client, target: Path, mirror: Path) -> None:
    with serving(mirror) as gone:
        pass
    with pytest.raises(OrthrusError, match="Connection refused"):
        fetched(client, gone, target)


def test_text(client: Client, server: Server) -> None:
    server.faults[PATH] = [status(500), text(b"hello")]
    assert client.text(f"{server.url}/{PATH}") == "hello"


def test_progress_is_told(client: Client, server: Server, target: Path) -> None:
    told: list[tuple[int, int | None]] = []
    server.faults[PATH] = [broken]
    with partial(target) as part:
        client.download(
            f"{server.url}/{PATH}", part, watch=lambda done, total: told.append((done, total))
        )
    assert told[-1] == (2**20, 2**20)
    assert {total for _, total in told} == {2**20}


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl to make a certificate")
def test_certificates_are_verified(
    client: Client, server: Server, target: Path, tmp_path: Path
) -> None:
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out crt -subj /CN=localhost"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.url = server.url.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(OrthrusError, match=r"certificate cannot be verified.*SSL_CERT_FILE"):
        fetched(client, server, target)
