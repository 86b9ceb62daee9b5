"""Table 1 beside our counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from relations_helpers import CLADE, write_world
from typer.testing import CliRunner

from orthrus.config.relations import GroupSettings
from orthrus.errors import OrthrusError
from orthrus.relations import table1
from orthrus.relations.build import build_relations
from orthrus.relations.cli import app
from orthrus.relations.pair_kinds import DATASETS


def test_tab_separated_in_a_pipe(tmp_path: Path) -> None:
    build_relations(write_world(tmp_path, CLADE), tmp_path / "relations", GroupSettings())
    result = CliRunner().invoke(app, ["count", str(tmp_path / "relations")])
    assert result.stdout.splitlines() == [
        "dataset\tpairs\tpairs_paper\ttranscripts\ttranscripts_paper\tsplice\tnaive\tortholog",
        "splice and ortholog\t13\t887025349\t8\t32714651\t2\t4\t7",
        "ortholog\t3\t31961363\t8\t32714651\t0\t0\t3",
        "splice\t6\t18120876\t5\t753288\t2\t4\t0",
        "none\t0\t0\t5\t753288\t0\t0\t0",
    ]


def test_drawn_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    numbers = [887_025_349 + number for number in range(7)]
    table1.print_rows([("splice and ortholog", *numbers)])
    shown = capsys.readouterr().out
    assert all(f"{number:,}" in shown for number in numbers)
    assert "splice and ortholog" in shown


def test_rows_are_those_of_the_data_sets() -> None:
    assert list(table1.PAPER) == list(DATASETS)


@pytest.mark.parametrize("text", ["[]", "{}", '{"datasets": {"splice and ortholog": {}}}'])
def test_foreign_counts(tmp_path: Path, text: str) -> None:
    (tmp_path / "counts.json").write_text(text)
    with pytest.raises(OrthrusError, match=r"counts\.json: holds no pair counts"):
        table1.read_rows(tmp_path)


def test_no_counts(tmp_path: Path) -> None:
    with pytest.raises(OrthrusError, match=r"counts\.json: cannot be read"):
        table1.read_rows(tmp_path)
