"""BioMart's tables of paralogs and orthologs, and the tables of relations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz_helpers import attempt, damaged_parquet, damaged_text, filled_lines, fuzzing
from fuzz_helpers import given as written
from hypothesis import given
from hypothesis import strategies as st
from relations_helpers import CLADE, tables_of
from text_samples import ORTHOLOGS, PARALOGS

from orthrus.config.relations import GroupSettings
from orthrus.relations.index import Relations
from orthrus.relations.orthologs import read_orthologs
from orthrus.relations.paralogs import read_paralogs
from orthrus.relations.tables_io import NAMES

LENIENT = GroupSettings(orthologs="all")
READERS: dict[str, tuple[str, Callable[[Path], int]]] = {
    "paralogs": (PARALOGS, lambda path: len(read_paralogs(path))),
    "orthologs": (ORTHOLOGS, lambda path: len(read_orthologs(path, LENIENT).pairs)),
}


@pytest.mark.parametrize("what", READERS)
@fuzzing
@given(data=st.data())
def test_a_damaged_table_of_biomart(tmp_path: Path, what: str, data: st.DataObject) -> None:
    sound, read = READERS[what]
    drawn = data.draw(damaged_text(sound))
    path = written(tmp_path, what, drawn)
    found = attempt(f"relations: {what}", path, lambda: read(path))
    if found is None:
        return
    lines = filled_lines(drawn) or []
    header = sound.partition("\n")[0]
    if lines[0] != header:
        return  # other columns count then
    split = [line.split("\t") for line in lines if line != "[success]"]
    rows = [row for row in split if row[0] != "Gene stable ID"]
    assert {len(row) for row in rows} <= {len(header.split("\t"))}
    assert found == sum(what == "paralogs" or bool(row[3].strip()) for row in rows)


@pytest.mark.parametrize("name", NAMES)
@fuzzing
@given(data=st.data())
def test_a_damaged_table_of_relations(tmp_path: Path, name: str, data: st.DataObject) -> None:
    whole = tables_of(CLADE)
    whole.write(tmp_path)
    drawn = data.draw(damaged_parquet(getattr(whole, name), tmp_path))
    written(tmp_path, f"{name}.parquet", drawn)

    def read() -> int:
        relations = Relations.open(tmp_path)
        assert sum(map(len, (relations.references, relations.projections))) == len(relations)
        return len(relations)

    found = attempt("relations: tables", tmp_path, read)
    assert found in (None, len(CLADE))
