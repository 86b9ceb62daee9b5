from __future__ import annotations

from pathlib import Path

from tasks_helpers import processed_rows, write_processed
from typer.testing import CliRunner

from orthrus import tables
from orthrus.files import read_json
from orthrus.tasks.cli import app


def run(source: Path, output: Path) -> None:
    arguments = [
        "build",
        "rnahl-human",
        str(source),
        "--species",
        "Homo simulatus",
        "-o",
        str(output),
    ]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0


def test_build_writes_table_and_facts(tmp_path: Path) -> None:
    source = write_processed(tmp_path / "a.parquet", processed_rows())
    run(source, tmp_path / "out/rnahl-human.parquet")
    assert tables.read(tmp_path / "out/rnahl-human.parquet", tables.TASK).height == 4
    assert read_json(tmp_path / "out/rnahl-human.json")["title"] == "RNA half-life, human"


def test_same_input_same_bytes(tmp_path: Path) -> None:
    source = write_processed(tmp_path / "a.parquet", processed_rows())
    for folder in ("one", "two"):
        run(source, tmp_path / folder / "t.parquet")
    for name in ("t.parquet", "t.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
