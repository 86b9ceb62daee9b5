from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sources_helpers import QUICK, Handler, Server, files_below, serving, status

from orthrus.errors import OrthrusError
from orthrus.sources import connection_limits
from orthrus.sources.connection_limits import ConnectionLimiter
from orthrus.sources.transfer import Client

PATH = "a.org/pub/data.bin"
ONE_EACH = QUICK.model_copy(update={"connections_per_host": 1})
SEVERAL_PROCESSES = 3


class Crowd:
    """A fault that counts how many of it happen at the same time, in `most`."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()

    def __call__(self, handler: Handler) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.3)
        with self._lock:
            self._now -= 1
        handler.send_body(handler.whole())


def taken(slots: ConnectionLimiter, url: str, patience: float = 0.3) -> bool:
    """Tell whether all connections to a host stay in use for some seconds."""
    got = threading.Event()

    def take() -> None:
        with slots.connection(url):
            got.set()

    waiting = threading.Thread(target=take, daemon=True)
    waiting.start()
    if got.wait(patience):
        waiting.join()
        return False
    return True


def test_each_host_has_connections_of_its_own(tmp_path: Path) -> None:
    chosen = ONE_EACH.model_copy(update={"host_connections": {"b.org": 2}})
    slots, others = (
        ConnectionLimiter(tmp_path / "locks", chosen),
        ConnectionLimiter(tmp_path / "locks", chosen),
    )
    with slots.connection("https://a.org/x"), slots.connection("https://b.org:8080/x"):
        assert taken(others, "https://a.org/y")
        assert not taken(others, "https://b.org/y", patience=10)
        assert not taken(others, "https://c.org/y", patience=10)
        assert files_below(tmp_path / "locks") == ["a.org.0.lock", "b.org.0.lock"]
    assert not taken(others, "https://a.org/y", patience=10)


def test_without_a_folder_nothing_is_limited(tmp_path: Path) -> None:
    slots = ConnectionLimiter(None, ONE_EACH)
    with slots.connection("https://a.org/x"):
        assert not taken(slots, "https://a.org/x", patience=10)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    slots = ConnectionLimiter(tmp_path / "file" / "locks", QUICK)
    with (
        pytest.raises(OrthrusError, match=r"a.org.0.lock: cannot be locked: Not a directory"),
        slots.connection("https://a.org/x"),
    ):
        pass


def test_a_folder_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "absent")
    slots = ConnectionLimiter(tmp_path / "link" / "locks", QUICK)
    with (
        pytest.raises(OrthrusError, match=r"a.org.0.lock: cannot be locked: File exists"),
        slots.connection("https://a.org/x"),
    ):
        pass


def test_many_threads_never_share_a_connection(tmp_path: Path) -> None:
    now: list[int] = []
    most: list[int] = []

    def hold(_: int) -> None:
        with ConnectionLimiter(tmp_path / "locks", ONE_EACH).connection("https://a.org/x"):
            now.append(1)
            most.append(len(now))
            now.pop()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hold, range(200)))
    assert most == [1] * 200
    assert files_below(tmp_path) == []


def test_a_killed_process_frees_its_connection(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path;"
        " from orthrus.sources.connection_limits import ConnectionLimiter;"
        " from orthrus.config.sources import SourcesSettings;"
        " slots = ConnectionLimiter(Path(sys.argv[1]), SourcesSettings(connections_per_host=1));"
        " held = slots.connection('https://a.org/'); held.__enter__();"
        " print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    slots = ConnectionLimiter(tmp_path, ONE_EACH)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert taken(slots, "https://a.org/")
        process.kill()
    assert not taken(slots, "https://a.org/", patience=10)


def test_processes_share_the_connections_to_a_host(server: Server, tmp_path: Path) -> None:
    crowd = Crowd()
    paths = [f"a.org/pub/{number}" for number in range(SEVERAL_PROCESSES)]
    for path in paths:
        (server.root / path).write_bytes(path.encode())
        server.faults[path] = [crowd]
    words = ("--resources", tmp_path / "out", "--mirror", server.url)
    setting = ("--set", "connections_per_host=1")
    command = (
        sys.executable,
        "-c",
        "from orthrus.__main__ import main; main()",
        "sources",
        "fetch",
    )
    running = [subprocess.Popen([*command, path, *words, *setting]) for path in paths]
    assert [process.wait(60) for process in running] == [0] * SEVERAL_PROCESSES
    assert [(tmp_path / "out" / path).read_text() for path in paths] == paths
    assert crowd.most == 1


def test_a_host_that_asks_to_wait_is_left_alone(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.faults[PATH] = [status(429, Retry_After="1")]
    others: list[bool] = []
    slots = ConnectionLimiter(tmp_path / "locks", ONE_EACH)
    sleep = time.sleep

    def look(seconds: float) -> None:
        monkeypatch.setattr("time.sleep", sleep)
        others.append(taken(slots, server.url))

    monkeypatch.setattr("time.sleep", look)
    with Client(ONE_EACH, tmp_path / "locks") as client:
        client.text(f"{server.url}/{PATH}")
    assert others == [True]


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment, which localhost may see."""
    monkeypatch.setenv("NCBI_API_KEY", " a1b2c3\n")
    monkeypatch.setattr(connection_limits, "KEYED_HOSTS", {"localhost"})


def test_the_key_goes_to_hosts_of_ncbi_alone() -> None:
    assert {"api.ncbi.nlm.nih.gov"} == connection_limits.KEYED_HOSTS


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl for a certificate")
@pytest.mark.usefixtures("keyed")
def test_the_key_is_a_header_for_its_host_and_encrypted(
    server: Server,
    mirror: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.encrypt(tmp_path)))
    trusting = QUICK.model_copy(update={"insecure_hosts": ("127.0.0.1",)})
    with serving(mirror) as other, Client(trusting) as client:
        server.faults[PATH] = [status(302, Location=f"{other.url}/{PATH}")]
        plain = other.url.replace("127.0.0.1", "localhost")
        client.text(f"{server.url}/{PATH}")
        client.text(f"{plain}/{PATH}")
        with pytest.raises(OrthrusError, match="404") as refused:
            client.text(f"{server.url}/absent")
    assert [seen["api-key"] for seen in server.seen[PATH]] == ["a1b2c3"]
    assert len(other.seen[PATH]) == 2
    assert not any("api-key" in seen for seen in other.seen[PATH])
    assert "a1b2c3" not in str(refused.value) + "".join(capsys.readouterr())


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl for a certificate")
@pytest.mark.parametrize("hops", [1, 2])
def test_encrypted_addresses_do_not_lead_to_plain_ones(
    server: Server,
    mirror: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hops: int,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(server.encrypt(tmp_path)))
    trusting = QUICK.model_copy(update={"insecure_hosts": ("127.0.0.1",)})
    with serving(mirror) as other, Client(QUICK) as client, Client(trusting) as trusted:
        away = status(302, Location=f"{other.url}/{PATH}")
        onward = status(302, Location=f"{server.url}/{PATH}")
        server.faults[PATH] = [*[onward] * (hops - 1), away] * 3
        with pytest.raises(OrthrusError) as refused:
            client.text(f"{server.url}/{PATH}")
        assert str(refused.value) == (
            f"{server.url}/{PATH}: the server sends us on to {other.url}/{PATH}, which is not"
            " encrypted; use a mirror, or trust it all the same by naming 127.0.0.1 in"
            " sources.insecure_hosts"
        )
        assert client.stat(f"{server.url}/{PATH}").status == "unreachable"
        assert PATH not in other.seen
        assert capsys.readouterr().err == ""
        trusted.text(f"{server.url}/{PATH}")
        trusted.text(f"{other.url}/{PATH}")
        assert len(other.seen[PATH]) == 2
    warning = "warning: 127.0.0.1: what it sends is not encrypted, as sources.insecure_hosts asks\n"
    assert capsys.readouterr().err == warning


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", "a\x7fb"])
def test_a_key_that_no_header_can_hold_is_not_shown(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NCBI_API_KEY", key)
    with pytest.raises(OrthrusError, match="NCBI_API_KEY: holds characters") as refused:
        Client(QUICK)
    assert key not in str(refused.value)


@pytest.mark.parametrize("prefix", ["http://", ""])
def test_insecure_hosts_are_reached_through_the_proxy(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.setenv("https_proxy", prefix + server.url.removeprefix("http://"))
    monkeypatch.setenv("no_proxy", "elsewhere.invalid")
    chosen = QUICK.model_copy(update={"insecure_hosts": ("a.invalid",), "retries": 0})
    # The server of these tests is no proxy, and says so.
    with Client(chosen) as client, pytest.raises(OrthrusError, match="Unsupported method"):
        client.text("https://a.invalid/x")
