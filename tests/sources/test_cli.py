from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sources_helpers import Hanging, Server, serving, status

from orthrus.__main__ import main
from orthrus.sources.catalogue import COLUMNS

PATH = "a.org/pub/data.bin"


class Command:
    """Runs `orthrus sources …` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        """Return exit status, standard output and standard error."""
        self._monkeypatch.setattr(sys, "argv", ["orthrus", "sources", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        captured = self._capsys.readouterr()
        return int(str(end.value.code or 0)), captured.out, captured.err


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


@pytest.fixture
def fetched(sources: Command, mirror: Path, tmp_path: Path) -> Path:
    """The record of one fetched file."""
    record = tmp_path / "record.json"
    where = ("--resources", tmp_path / "resources", "--mirror", mirror)
    assert sources("fetch", PATH, *where, "--record", record)[0] == 0
    return record


def test_fetch_writes_a_record(fetched: Path, mirror: Path, tmp_path: Path) -> None:
    assert json.loads(fetched.read_text())["path"] == PATH
    assert json.loads(fetched.read_text())["bytes"] == (mirror / PATH).stat().st_size
    assert (tmp_path / "resources" / PATH).is_file()


def test_fetch_from_a_server_with_settings(
    sources: Command, server: Server, tmp_path: Path
) -> None:
    code, _, told = sources(
        *("fetch", PATH, PATH, "a.org/absent", "--resources", tmp_path / "out"),
        *("--mirror", server.url, "--set", "retries=0", "--set", "connections=1"),
    )
    assert code == 2
    assert told == (
        f"error: {server.url}/a.org/absent: the server answers 404 File not found; check the"
        " address, or use a mirror that has the file\n"
    )
    assert len(server.seen[PATH]) == 1
    assert (tmp_path / "out" / PATH).is_file()


def test_own_catalogue_and_wrong_checksum(sources: Command, mirror: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    values = {"name": "my.data", "url": f"https://{PATH}", "checksum_kind": "md5", "checksum": "0"}
    row = "\t".join(values.get(column, "") for column in COLUMNS)
    own.write_text("\t".join(COLUMNS) + f"\n{row}\n")
    where = ("--resources", tmp_path / "out", "--mirror", mirror)
    code, _, told = sources("fetch", "my.data", *where, "--catalogue", own)
    assert code == 2
    assert "wrong checksum" in told
    assert told.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_one_item_may_be_pinned(sources: Command, mirror: Path, tmp_path: Path) -> None:
    digest = hashlib.md5((mirror / PATH).read_bytes()).hexdigest()
    where = ("--resources", tmp_path / "out", "--mirror", mirror)
    code, _, told = sources("fetch", PATH, *where, "--md5", "0" * 32)
    assert (code, told) == (
        2,
        f"error: {PATH}: wrong checksum: its md5 is {digest}, but it should be {'0' * 32}; nothing"
        " was kept\n",
    )
    assert sources("fetch", PATH, *where, "--md5", digest)[0] == 0


def test_lock_is_made_then_compared(sources: Command, fetched: Path, tmp_path: Path) -> None:
    lock, verified = tmp_path / "sources.lock", tmp_path / "verified.tsv"
    for told in (f"{lock}: 1 files added\n", ""):
        assert sources("lock", fetched, "--lock", lock, "-o", verified) == (0, "", told)
        assert verified.read_bytes() == lock.read_bytes()
        verified.unlink()


def test_lock_names_what_changed(sources: Command, fetched: Path, tmp_path: Path) -> None:
    lock, verified = tmp_path / "sources.lock", tmp_path / "verified.tsv"
    sources("lock", fetched, "--lock", lock, "-o", verified)
    verified.unlink()
    before = lock.read_bytes()
    fetched.write_text(json.dumps(json.loads(fetched.read_text()) | {"bytes": 7}))
    code, _, told = sources("lock", fetched, "--lock", lock, "-o", verified)
    assert code == 2
    assert f"1 of 1 files have changed: {PATH}: bytes 1048576 -> 7; to accept" in told
    assert lock.read_bytes() == before
    assert not verified.exists()


def test_lock_grows_with_the_build(sources: Command, fetched: Path, tmp_path: Path) -> None:
    lock, verified = tmp_path / "sources.lock", tmp_path / "verified.tsv"
    sources("lock", fetched, "--lock", lock, "-o", verified)
    other = tmp_path / "other.json"
    other.write_text(json.dumps(json.loads(fetched.read_text()) | {"path": "a.org/another"}))
    assert sources("lock", other, "--lock", lock, "-o", verified)[0] == 0
    assert [line.split("\t")[0] for line in lock.read_text().splitlines()] == [
        *("path", "a.org/another", PATH)
    ]
    assert len(verified.read_text().splitlines()) == 2


def test_fetch_must_match_the_lock(
    sources: Command, fetched: Path, mirror: Path, tmp_path: Path
) -> None:
    lock = tmp_path / "sources.lock"
    sources("lock", fetched, "--lock", lock, "-o", tmp_path / "verified.tsv")
    (mirror / PATH).write_bytes(b"other")
    where = ("--resources", tmp_path / "later", "--mirror", mirror, "--lock", lock)
    code, _, told = sources("fetch", PATH, *where)
    assert code == 2
    assert "changed since the lock was written: bytes 1048576 -> 5, sha256" in told
    assert not (tmp_path / "later").exists()


def test_resolve_takes_both_references(sources: Command, real_data: Path, tmp_path: Path) -> None:
    output = tmp_path / "queries.tsv"
    human = ("--reference", "human_hg38_reference")
    mouse = ("--reference", "mouse_mm10_reference")
    mirror = ("--mirror", real_data / "mirror", "-o", output)
    assert sources("resolve", *mirror)[2] == (
        f"human_hg38_reference: 2 of 7 queries are not of the Eutheria\n{output}: 5 queries\n"
    )
    assert sources("resolve", *human, *mirror, "--set", "eutheria_only=false")[0] == 0
    assert len(output.read_text().splitlines()) == 1 + 7
    code, _, told = sources("resolve", *mouse, *mirror)
    assert (code, told) == (
        2,
        "error: mouse_mm10_reference: no query is left; check the references\n",
    )


def test_list_is_tsv_when_piped(sources: Command) -> None:
    code, out, _ = sources("list")
    header, *rows = (line.split("\t") for line in out.splitlines())
    assert code == 0
    assert tuple(header) == COLUMNS
    assert "ucsc.hg38.genome" in [row[0] for row in rows]
    assert {len(row) for row in rows} == {len(COLUMNS)}


def test_list_is_a_table_on_a_terminal(sources: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    out = sources("list")[1]
    assert out.startswith("┏")
    assert "│ toga.hg38.overview " in out


@pytest.fixture
def build(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build of two files, in a folder without config.yaml."""
    monkeypatch.chdir(tmp_path)
    (mirror / "a.org" / "pub" / "table.txt").write_text("table")
    reference = {"species": "X y", "genome": PATH, "table": "a.org/pub/table.txt"}
    build = {"name": "mine", "references": {"own1.own": reference}}
    (tmp_path / "mine.yaml").write_text(json.dumps(build | {"sources": {"retries": 0}}))
    return tmp_path / "mine.yaml"


def test_list_shows_what_a_build_needs(sources: Command) -> None:
    code, out, told = sources("list", "--build", "worm")
    header, *rows = (line.split("\t") for line in out.splitlines())
    assert code == 0
    megabytes = [int(row[header.index("megabytes")]) for row in rows]
    assert [row[0] for row in rows if row[0].endswith(".genome")] == [
        "ucsc.ce11.genome",
        "ucsc.dm6.genome",
    ]
    total = f"{sum(megabytes):.1f} MB"
    assert told == f"{len(rows)} files, {total} to fetch by estimates\ndisk: {total} stay\n"


def test_check_tells_what_comes(
    sources: Command, build: Path, mirror: Path, tmp_path: Path
) -> None:
    code, out, told = sources("check", "--build", build, "--mirror", mirror)
    assert (code, out) == (
        0,
        "path\tstatus\tbytes\tsize\tpinned\tthere\tkept\n"
        f"{PATH}\t200\t1048576\tmeasured\tunpinned\tno\tyes\n"
        "a.org/pub/table.txt\t200\t5\tmeasured\tunpinned\tno\tyes\n",
    )
    assert told == (
        "2 files, 2 to fetch: 1.0 MB\ndisk: 1.0 MB stay\n"
        f"unpinned until the first run locks them: {PATH}, a.org/pub/table.txt\n"
    )


def test_check_knows_the_lock_of_the_build(sources: Command, build: Path, mirror: Path) -> None:
    record, lock = Path("record.json"), Path("results/mine/sources/sources.lock")
    where = ("--resources", "resources", "--mirror", mirror)
    sources("fetch", PATH, *where, "--record", record)
    sources("lock", record, "--lock", lock, "-o", "verified.tsv")
    (Path("resources") / PATH).write_bytes(b"damaged")
    code, out, told = sources("check", "--build", build, "--mirror", mirror)
    assert code == 0
    assert f"{PATH}\t200\t1048576\tmeasured\tlock\twrong\tyes\n" in out
    assert f"{PATH}: it has changed since the lock was written: bytes 1048576 -> 7" in told


def test_check_lists_all_before_it_fails(
    sources: Command, build: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.faults[PATH] = [status(403), status(403), status(503)]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    code, out, told = sources("check", "--build", build, "--mirror", server.url)
    assert code == 2
    assert f"│ {PATH} " in out
    assert "│ a.org/pub/table.txt │ 200 " in out
    first, *_, last = told.splitlines()
    assert first.startswith(f"{PATH}: {server.url}/{PATH}: the server answers 403 Forbidden")
    assert last == f"error: 1 of 2 files cannot be had: {PATH} …"
    server.faults[PATH] = [status(503)]
    assert sources("check", "--build", build, "--mirror", server.url)[0] == 2


def test_check_gives_up_a_host_that_is_out_of_reach(
    sources: Command, build: Path, mirror: Path
) -> None:
    with serving(mirror) as gone:
        pass
    once = {"sources": {"retries": 2, "backoff": 0.001, "connections": 1}}
    build.write_text(json.dumps(json.loads(build.read_text()) | once))
    code, out, told = sources("check", "--build", build, "--mirror", gone.url)
    assert code == 2
    assert out.count("\tunreachable\t") == 2
    assert told.splitlines()[:4] == [
        *["127.0.0.1: Connection refused; trying again"] * 2,
        f"{PATH}: {gone.url}/{PATH}: Connection refused",
        f"a.org/pub/table.txt: {gone.url}/a.org/pub/table.txt: Connection refused",
    ]


def test_fetch_tells_that_it_tries_again(sources: Command, server: Server, tmp_path: Path) -> None:
    server.faults[PATH] = [status(503)]
    code, _, told = sources(
        *("fetch", PATH, "--resources", tmp_path / "out", "--mirror", server.url),
        *("--set", "backoff=0.001"),
    )
    assert code == 0
    assert told.splitlines()[0] == (
        "127.0.0.1: the server answers 503 Service Unavailable; trying again"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fetch", "nonsense", "--resources", "r"), "error: nonsense: not in the catalogue"),
        (("fetch", PATH, "--resources", "r", "--mirror", "absent"), "error: absent: the mirror"),
        (("fetch", PATH, "--resources", "r", "--set", "retires=1"), "did you mean 'retries'?"),
        (("fetch", PATH, "--resources", "r", "--set", "retries=-1"), "retries: Input should be"),
        (
            ("fetch", PATH, "--resources", "r", "--set", "insecure_hosts=[https://a.org]"),
            "insecure_hosts.0: String should match pattern",
        ),
        (("fetch", PATH, PATH, "--resources", "r", "--record", "x"), "error: --record: is of one"),
        (("fetch", PATH, PATH, "--resources", "r", "--md5", "x"), "error: --md5: is of one item"),
        (("list", "--build", "absent"), "error: build: workflow/builds/absent.yaml does not exist"),
        (("list", "--build", "b", "--catalogue", "c"), "error: --catalogue: does not go with"),
        (("check",), "error: build: workflow/builds/demo.yaml does not exist"),
        (("check", "--build", "absent.yaml"), "error: build: absent.yaml does not exist"),
        (("lock", "absent.json", "--lock", "l", "-o", "v"), "absent.json: cannot be read"),
        (
            ("resolve", "--reference", "hg38", "-o", "q"),
            "error: hg38: is no folder of a reference, such as human_hg38_reference",
        ),
    ],
)
def test_mistakes_are_one_line(
    sources: Command,
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, told = sources(*words)
    assert (code, out) == (2, "")
    assert message in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_build_that_makes_its_sources(sources: Command, build: Path) -> None:
    build.write_text(json.dumps(json.loads(build.read_text()) | {"simulate": {}}))
    _, out, told = sources("list", "--build", build)
    assert told == "2 files, made by the build itself: nothing is fetched\n"
    assert {line.split("\t")[-2] for line in out.splitlines()[1:]} == {"0"}
    code, _, told = sources("check", "--build", build)
    assert (code, told) == (
        2,
        "error: results/mine/mirror: this build makes its sources; make them with"
        " `snakemake simulate`\n",
    )


def test_killed_while_fetching(sources: Command, server: Server, tmp_path: Path) -> None:
    hangs, resources = Hanging(), tmp_path / "resources"
    server.faults[PATH] = [hangs]
    words = ("fetch", PATH, "--resources", str(resources), "--mirror", server.url)
    process = subprocess.Popen([sys.executable, "-m", "orthrus", "sources", *words])
    part = resources / f"{PATH}.part"
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    hangs.released.set()
    assert not (resources / PATH).exists()
    assert 0 < part.stat().st_size < 2**20
    assert sources(*words)[0] == 0
    assert (resources / PATH).read_bytes() == (server.root / PATH).read_bytes()
    assert "Range" in server.seen[PATH][-1]
    assert [path.name for path in part.parent.iterdir()] == ["data.bin"]
