import json
import subprocess
import sys
from pathlib import Path

import pytest
from transcripts_helpers import Transcript, table, write_fasta

from orthrus import schemas
from orthrus.__main__ import main


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["orthrus", "transcripts", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    genome = write_fasta(tmp_path / "genome.fa", {"chr1": "ATGTAA"})
    rows = table([Transcript("t1", "chr1", "+", [(0, 6)], [0], (0, 6))])
    schemas.write_table(rows, tmp_path / "t.parquet", schemas.TRANSCRIPTS)
    return [str(tmp_path / "t.parquet"), str(genome), "-o", str(tmp_path / "a.zarr")]


def test_encode_show_info(
    inputs: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = inputs[-1]
    assert run(["build", *inputs, "--set", "codon_phase=from_cds_start"], monkeypatch) == 0
    said = capsys.readouterr().err
    assert "1 transcripts, 6 nt, 0 rejected; 0 of 1 sequence names unmatched (0.0% of rows)" in said
    assert said.count("\n") == 1
    assert run(["show", store, "t1"], monkeypatch) == 0
    assert "1 ATGTAA\n  M  *\n" in capsys.readouterr().out
    assert run(["info", store], monkeypatch) == 0
    assert json.loads(capsys.readouterr().out)["codon_phase"] == "from_cds_start"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("codon_fase=annotated", "did you mean 'codon_phase'?"),
        ("codon_phase=guessed", "codon_phase"),
        ("max_rejected=2", "max_rejected"),
    ],
)
def test_a_bad_setting_is_one_line_and_leaves_nothing(
    inputs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    assignment: str,
    message: str,
) -> None:
    assert run(["build", *inputs, "--set", assignment], monkeypatch) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not Path(inputs[-1]).exists()


def test_the_command_group_is_light() -> None:
    code = "import sys, orthrus.transcripts.cli as _; print({*sys.modules} & {'numba', 'zarr'})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
