"""What a user gets wrong comes back as one line, through snakemake too."""

from __future__ import annotations

import pytest
from workflow_helpers import clone, run

BAD = {
    "build=nope": "workflow/builds/nope.yaml does not exist; known builds: demo, mammals-mini",
    "evaluat={}": "unknown key 'evaluat'; did you mean 'evaluate'?",
    "pretrain={train: {steps: -1}}": "pretrain.train.steps: Input should be greater than or equal",
    "tasks={hl: {file: gone.csv, store: simHum1.gencode_v1}}": "tasks.hl.file:",
    "paralogs={simHum1: biomart.simhum.paralog}": "biomart.simhum.paralog: not in the catalogue",
    "toga={queries: gone.tsv}": "the list of TOGA queries is missing; make it with",
}


@pytest.mark.parametrize(("override", "message"), BAD.items())
def test_a_wrong_configuration_is_one_line(tmp_path, override, message):
    folder = clone(tmp_path / "clone")
    output = run(folder, "snakemake", "-n", "all", "--config", override, expect=1)
    assert message in output
    assert "Traceback" not in output
    assert not (folder / "results").exists()
