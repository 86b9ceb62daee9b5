from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from pathlib import Path

import pytest
from sources_helpers import (
    QUICK,
    Fault,
    Handler,
    Server,
    broken,
    endless,
    rangeless,
    reset,
    serving,
    sparing,
    status,
    text,
    versioned,
)

from orthrus.errors import OrthrusError
from orthrus.sources.part_files import PartFile, partial
from orthrus.sources.transfer import Client, Stat

PATH = "a.org/pub/data.bin"
MONDAY, TUESDAY = "Mon, 02 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 10:00:00 GMT"
openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl for a certificate")


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
    assert 0 < PartFile(target).size < 2**20


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


@pytest.mark.parametrize("fault", [endless, reset])
def test_streams_that_break_in_other_ways_resume(
    client: Client, server: Server, target: Path, whole: bytes, fault: Fault
) -> None:
    server.faults[PATH] = [fault]
    assert fetched(client, server, target) == whole
    later = [headers.get("Range", "") for headers in server.seen[PATH][1:]]
    assert len(later) == 1
    assert later == ["bytes=524288-"] or fault is reset  # a reset may lose what was under way


def test_a_server_that_sends_less_than_asked_is_asked_on(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    server.faults[PATH] = [broken, sparing]
    assert fetched(client, server, target) == whole
    assert server.seen[PATH][-1]["Range"] == "bytes=786432-"


def test_dates_tell_versions_apart(
    client: Client, server: Server, target: Path, mirror: Path
) -> None:
    def changed(handler: Handler) -> None:
        (mirror / PATH).write_bytes(b"new" * 300_000)
        versioned("Last-Modified", TUESDAY)(handler)

    half = versioned("Last-Modified", MONDAY, keep=0.5)
    server.faults[PATH] = [half, half, changed]
    assert fetched(client, server, target) == b"new" * 300_000
    asked = [(headers.get("Range"), headers.get("If-Range")) for headers in server.seen[PATH]]
    assert asked == [(None, None), ("bytes=524288-", MONDAY), ("bytes=786432-", MONDAY)]


def test_weak_tags_do_not_join_halves(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    server.faults[PATH] = [versioned("ETag", 'W/"1"', keep=0.5)]
    assert fetched(client, server, target) == whole
    assert "Range" not in server.seen[PATH][-1]


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


def rest(until: float, total: str = "{size}") -> Fault:
    """A fault: send what was asked for up to a share of the file, and say `total` of its size."""

    def answer(handler: Handler) -> None:
        body = handler.whole()
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        start, end = handler.wanted(tag), int(len(body) * until)
        handler.send_response(206)
        size = total.format(size=len(body))
        handler.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        handler.send_header("Content-Length", str(end - start))
        handler.send_header("ETag", tag)
        handler.end_headers()
        handler.wfile.write(body[start:end])

    return answer


def shorter(length: str) -> Fault:
    """A fault: send half of the file under the whole's mark; `length` is a header or none."""

    def answer(handler: Handler) -> None:
        body = handler.whole()
        handler.send_response(200)
        handler.send_header("ETag", f'"{hashlib.md5(body).hexdigest()}"')
        if length:
            handler.send_header(length, str(len(body) // 2))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    return answer


@pytest.mark.parametrize("total", ["*", "786432", "9" * 5000], ids=["none", "other", "long"])
def test_a_part_of_a_whole_of_unknown_or_other_size_is_not_appended(
    client: Client, server: Server, target: Path, whole: bytes, total: str
) -> None:
    server.faults[PATH] = [broken, rest(0.75, total)]
    assert fetched(client, server, target) == whole
    ranges = [headers.get("Range") for headers in server.seen[PATH]]
    assert ranges == [None, "bytes=524288-", None]


def test_a_later_process_knows_the_size_announced_first(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    interrupted(server, target)
    server.faults[PATH] = [rest(0.75, "786432"), shorter("")]
    assert fetched(client, server, target) == whole


@pytest.mark.parametrize("length", ["", "Content-Length"])
def test_no_version_becomes_shorter_than_announced_first(
    client: Client, server: Server, target: Path, whole: bytes, length: str
) -> None:
    server.faults[PATH] = [broken, rest(0.75, "*"), *[shorter(length)] * 2]
    with pytest.raises(OrthrusError, match=r"524288 (of|bytes in place of) 1048576"):
        fetched(client, server, target)
    assert not target.parent.exists()
    assert fetched(client, server, target) == whole


def test_a_range_beyond_a_shorter_end_does_not_make_it_whole(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    interrupted(server, target)
    server.faults[PATH] = [status(416, Content_Range=f"bytes */{len(whole) // 2}")]
    assert fetched(client, server, target) == whole


def test_a_part_that_nobody_asked_for_is_refused(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    server.faults[PATH] = [rest(0.5, "524288")]
    assert fetched(client, server, target) == whole


def test_the_size_is_known_from_the_rest(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    server.faults[PATH] = [endless, rest(0.75), rest(0.9, "943718")]
    assert fetched(client, server, target) == whole
    assert "Range" not in server.seen[PATH][-1]


def test_range_beyond_the_end_means_whole_when_sizes_agree(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    interrupted(server, target)
    PartFile(target).path.write_bytes(whole)
    assert fetched(client, server, target) == whole
    assert len(server.seen[PATH]) == 2


def test_range_beyond_the_end_starts_anew_when_sizes_differ(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    interrupted(server, target)
    PartFile(target).path.write_bytes(whole + b"more")
    assert fetched(client, server, target) == whole


def test_range_beyond_the_end_starts_anew_when_versions_differ(
    client: Client, server: Server, target: Path, whole: bytes
) -> None:
    interrupted(server, target)
    PartFile(target).path.write_bytes(whole[::-1])
    server.faults[PATH] = [status(416, Content_Range=f"bytes */{len(whole)}", ETag='"other"')]
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


class Clock:
    """Time that passes only where it is slept."""

    def __init__(self) -> None:
        self.now, self.waits = 0.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.waits.append(seconds)

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("orthrus.sources.transfer.time", clock)
    return clock


@pytest.mark.usefixtures("clock")
def test_further_attempts_are_told(
    server: Server, target: Path, whole: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults[PATH] = [status(503), status(503), status(429, Retry_After="7"), broken]
    server.faults[PATH] += [status(206, Content_Range="bytes 1-2/3")]
    patient = QUICK.model_copy(update={"retries": 5, "backoff": 1.0, "longest_wait": 60.0})
    with Client(patient) as client:
        assert fetched(client, server, target) == whole
    *told, short, wrong = capsys.readouterr().err.splitlines()
    assert told == [
        "127.0.0.1: the server answers 503 Service Unavailable; trying again in 1 s",
        "127.0.0.1: the server answers 503 Service Unavailable; trying again in 2 s",
        "127.0.0.1: the server answers 429 Too Many Requests; trying again in 7 s",
    ]
    assert short.startswith("127.0.0.1: peer closed connection")
    assert short.endswith("; trying again in 8 s")
    assert wrong == "127.0.0.1: the server did not go on where asked; trying again"


def test_many_that_wait_for_a_host_are_told_once(
    clock: Clock, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(mirror) as gone:
        pass
    patient = QUICK.model_copy(update={"retries": 1, "backoff": 9.0, "longest_wait": 60.0})
    clock.sleep = clock.waits.append  # type: ignore[method-assign]  # all wait at the same time
    with Client(patient) as client:
        for name in "one", "two":
            assert client.stat(f"{gone.url}/{name}").status == "unreachable"
        clock.now = 9.0
        client.stat(f"{gone.url}/three")
    assert clock.waits == [9.0] * 3
    line = "127.0.0.1: Connection refused; trying again in 9 s\n"
    assert capsys.readouterr().err == line * 2


def test_a_host_that_cannot_be_reached_is_given_up(
    clock: Clock, server: Server, mirror: Path
) -> None:
    with serving(mirror) as gone:
        pass
    server.faults["away"] = [status(302, Location=f"{gone.url}/x")] * 4
    server.faults["busy"] = [status(503)] * 4
    with Client(QUICK, give_up=True) as client:
        for name in "one", "two":
            fault = f"{gone.url}/{name}: Connection refused"
            assert client.stat(f"{gone.url}/{name}") == Stat("unreachable", fault=fault)
        with pytest.raises(OrthrusError, match="/three: Connection refused"):
            client.text(f"{gone.url}/three")
        assert len(clock.waits) == QUICK.retries
        for name in "away", "busy":
            assert client.stat(f"{server.url}/{name}").fault
            assert client.stat(f"{server.url}/{PATH}").status == "200"
    with Client(QUICK) as client:
        for name in "one", "two":
            client.stat(f"{gone.url}/{name}")
    assert len(clock.waits) == 5 * QUICK.retries


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


def test_no_server_makes_wait_longer_than_set(
    server: Server, target: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    server.faults[PATH] = [
        *(status(429, Retry_After=value) for value in ("86400", tomorrow, MONDAY, "soon")),
        *(status(429, Retry_After=f"{MONDAY[:-3]}{zone}") for zone in ("+9999999999999", "x")),
        status(429, Retry_After="21 Oct 0:0:0 -0000 99999999999999"),
    ]
    with Client(QUICK.model_copy(update={"retries": 7, "longest_wait": 60.0})) as client:
        assert fetched(client, server, target) == whole
    assert waits == [60.0, 60.0, 0.0, 0.008, 0.016, 0.0, 0.064]


def test_stat(client: Client, server: Server, whole: bytes) -> None:
    url = f"{server.url}/{PATH}"
    server.faults[PATH] = [status(503)]
    assert client.stat(url) == Stat("200", len(whole))
    assert [seen[":method"] for seen in server.seen[PATH]] == ["HEAD", "HEAD"]
    absent = client.stat(f"{url}.absent")
    assert (absent.status, absent.bytes) == ("404", None)
    assert "data.bin.absent: the server answers 404" in absent.fault


@pytest.mark.parametrize("code", [403, 405, 501])
@pytest.mark.parametrize("answer", [sparing, rangeless])
def test_stat_of_servers_that_do_not_answer_head(
    client: Client, server: Server, whole: bytes, code: int, answer: Fault
) -> None:
    server.faults[PATH] = [status(code), answer]
    assert client.stat(f"{server.url}/{PATH}") == Stat("200", len(whole))
    assert server.seen[PATH][-1][":method"] == "GET"
    server.faults[PATH] = [status(code), status(403)]
    assert client.stat(f"{server.url}/{PATH}").status == "403"


@pytest.mark.parametrize("size", ["*", "1" * 5000, "\xb2"], ids=["none", "long", "odd"])
def test_stat_does_not_take_a_part_for_the_whole(client: Client, server: Server, size: str) -> None:
    server.faults[PATH] = [status(405), rest(0.5, size)]
    assert client.stat(f"{server.url}/{PATH}") == Stat("200", None)


@pytest.mark.parametrize("digits", [19, 21, 5000])
def test_lengths_that_no_file_has(client: Client, server: Server, digits: int) -> None:
    def long(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "9" * digits)
        handler.end_headers()
        handler.close_connection = True

    server.faults[PATH] = [long] * 4
    assert client.stat(f"{server.url}/{PATH}").bytes is None


def test_stat_of_a_server_that_is_not_there(client: Client, mirror: Path) -> None:
    with serving(mirror) as gone:
        pass
    found = client.stat(f"{gone.url}/{PATH}")
    assert found.status == "unreachable"
    assert "Connection refused" in found.fault


@openssl
def test_certificates_are_verified(
    client: Client, server: Server, target: Path, tmp_path: Path
) -> None:
    server.encrypt(tmp_path)
    message = r"certificate cannot be verified.*SSL_CERT_FILE.*localhost in sources.insecure_hosts"
    with pytest.raises(OrthrusError, match=message):
        fetched(client, server, target)
    assert PATH not in server.seen


@openssl
def test_hosts_named_insecure_are_fetched_from_with_a_warning(
    server: Server, tmp_path: Path, whole: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    server.encrypt(tmp_path)
    chosen = QUICK.model_copy(update={"insecure_hosts": ("localhost",)})
    with Client(chosen) as client:
        for name in "one", "two":
            assert fetched(client, server, tmp_path / name) == whole
    warning = "warning: localhost: its certificate is not verified, as sources.insecure_hosts asks"
    assert capsys.readouterr().err == f"{warning}\n"


@openssl
def test_trust_does_not_travel(server: Server, tmp_path: Path, mirror: Path) -> None:
    (tmp_path / "other").mkdir()
    with serving(mirror) as other:
        other.encrypt(tmp_path / "other")
        server.encrypt(tmp_path)
        elsewhere = other.url.replace("localhost", "127.0.0.1")
        server.faults[PATH] = [status(302, Location=f"{elsewhere}/{PATH}")]
        chosen = QUICK.model_copy(update={"insecure_hosts": ("localhost",)})
        message = r"cannot be verified.*naming 127\.0\.0\.1 in"
        with Client(chosen) as client, pytest.raises(OrthrusError, match=message):
            fetched(client, server, tmp_path / "target")
        assert PATH not in other.seen
