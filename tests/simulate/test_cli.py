from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from orthrus.errors import OrthrusError
from orthrus.simulate.cli import simulate

app = typer.Typer()
app.command()(simulate)


def run(*arguments: str) -> None:
    CliRunner().invoke(app, list(arguments), catch_exceptions=False, standalone_mode=False)


def test_writes_a_mirror_and_replaces_it(tmp_path: Path) -> None:
    for _ in range(2):
        run(str(tmp_path / "mirror"), "--set", "seed=5", "--set", "genes=30")
        assert {path.name for path in (tmp_path / "mirror").iterdir()} == {
            "ftp.ebi.ac.uk",
            "genome.senckenberg.de",
            "hgdownload.soe.ucsc.edu",
            "huggingface.co",
            "www.ensembl.org",
        }
    assert [path.name for path in tmp_path.iterdir()] == ["mirror"]


def test_never_replaces_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(OrthrusError, match="exists and is no simulated mirror"):
        run(str(tmp_path), "--set", "genes=30")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("gene=30", "unknown key 'gene'; did you mean 'genes'"),
        ("genes=2", "genes: Input should be greater than or equal to 30"),
        ("genes", "is not of the form key=value"),
        ("seed=-1", "seed: Input should be greater than or equal to 0"),
    ],
)
def test_refuses_a_wrong_setting(tmp_path: Path, assignment: str, message: str) -> None:
    with pytest.raises(OrthrusError, match=message):
        run(str(tmp_path / "mirror"), "--set", assignment)
    assert not list(tmp_path.iterdir())
