import gzip
from pathlib import Path

import pytest
from annotation_helpers import Gene

from orthrus.__main__ import main

GOOD = Gene().line()


def run(monkeypatch: pytest.MonkeyPatch, table: Path, *options: str) -> int:
    """Run `orthrus annotation build` and return its exit status."""
    fixed = ["--annotation-set", "hg38.test", "--species", "Homo sapiens"]
    arguments = ["orthrus", "annotation", "build", str(table), *fixed, *options]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_build_writes_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "table.txt.gz"
    table.write_bytes(gzip.compress(GOOD.encode()))
    out = tmp_path / "out"
    assert run(monkeypatch, table, "-o", str(out), "--taxon-id", "9606") == 0
    assert (out / "transcripts.parquet").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (gzip.compress(GOOD.encode() * 999, mtime=0)[:-9], [], "truncated or corrupt"),
        (b"", [], "is empty"),
        (b"hello\n", [], "is no gene table"),
        (Gene().line(strand="?").encode(), ["--set", "max_rejected=1"], "is no gene table"),
        ((GOOD + Gene(name="b").line(exonCount=9)).encode(), [], "1 of 2 rows are malformed"),
        (GOOD.encode(), ["--set", "max_rejekted=1"], "did you mean 'max_rejected'?"),
        (GOOD.encode(), ["--set", "min_intron=-1"], "greater than or equal to 0"),
        (GOOD.encode(), ["--set", "toga.keep_classes=[X]"], "toga.keep_classes"),
        (GOOD.encode(), ["--set", "excluded_contigs=['(']"], "is not a regular expression"),
        (GOOD.encode(), ["--chrom-sizes", "/nowhere"], "/nowhere: cannot be read"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    options: list[str],
    message: str,
) -> None:
    table = tmp_path / "table.txt.gz"
    table.write_bytes(content)
    assert run(monkeypatch, table, "-o", str(tmp_path / "out"), *options) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == [table]
