"""Released tasks, published labels, and anyone's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from fuzz_helpers import (
    attempt,
    damaged_bytes,
    damaged_parquet,
    damaged_text,
    filled_lines,
    fuzzing,
)
from fuzz_helpers import given as written
from hypothesis import given
from hypothesis import strategies as st
from tasks_helpers import OBO, npz_arrays, processed_rows, write_npz, write_processed
from text_samples import APPRIS, GAF, HALF_LIVES, LOCATIONS

from orthrus.config.tasks import CustomTaskSettings, LocalizationSettings
from orthrus.tasks import (
    appris,
    custom,
    fazal,
    half_life,
    localization,
    ontology,
    release_npz,
    release_parquet,
)

OWN = "id\tdecay\nENSDARG00000000001\t-0.5\nENSDARG00000000002\t\nENSDARG00000000018\t2\n"

TEXTS: dict[str, tuple[str, Callable[[Path], int | None]]] = {
    "half-lives": (HALF_LIVES, lambda path: len(half_life.read_half_life(path, "human_PC1").genes)),
    "own labels": (OWN, lambda path: len(custom.read_labels(path, CustomTaskSettings()).ids)),
    "locations": (
        LOCATIONS,
        lambda path: _any(localization.read_localization(path, LocalizationSettings())),
    ),
    "APPRIS": (APPRIS, lambda path: _any(appris.read_appris(path))),
    "OBO": (OBO, lambda path: _any(ontology.read_obo(path))),
    "GAF": (GAF, lambda path: _any(ontology.read_gaf(path, 9606))),
}
"""A sound file, and what reads it and counts its rows where every line is one."""


def _any(_: object) -> None:
    """Take what has other rows than lines."""


@pytest.mark.parametrize("what", TEXTS)
@fuzzing
@given(data=st.data())
def test_damaged_labels(tmp_path: Path, what: str, data: st.DataObject) -> None:
    sound, read = TEXTS[what]
    drawn = data.draw(damaged_text(sound, " " if what == "OBO" else "\t"))
    path = written(tmp_path, "labels", drawn)
    found = attempt(f"tasks: {what}", path, lambda: read(path))
    lines = filled_lines(drawn, b"!")
    if found is not None and lines is not None and "\t" in lines[0]:
        split = [line.split("\t") for line in lines if line.strip()]
        assert found == len(split) - 1
        assert {len(fields) for fields in split} == {len(split[0])}


@fuzzing
@given(drawn=damaged_text(OWN.replace("\t", ","), ","))
def test_damaged_labels_between_commas(tmp_path: Path, drawn: bytes) -> None:
    path = written(tmp_path, "labels.csv", drawn)
    attempt("tasks: own labels, CSV", path, lambda: custom.read_labels(path, CustomTaskSettings()))


@fuzzing
@given(data=st.data())
def test_a_damaged_release(tmp_path: Path, data: st.DataObject) -> None:
    sound = pl.read_parquet(write_processed(tmp_path / "sound.parquet", processed_rows(4)))
    drawn = data.draw(damaged_parquet(sound, tmp_path))
    path = written(tmp_path, "a.parquet", drawn)
    found = attempt(
        "tasks: release as Parquet", path, lambda: release_parquet.read_release_parquet(path)
    )
    assert found is None or len(found.rows) == len(found.targets) == len(pl.read_parquet(path))


@fuzzing
@given(data=st.data())
def test_a_damaged_release_of_arrays(tmp_path: Path, data: st.DataObject) -> None:
    sound = write_npz(tmp_path / "sound.npz", **npz_arrays(3)).read_bytes()
    path = written(tmp_path, "a.npz", data.draw(damaged_bytes(sound)))
    found = attempt("tasks: release as npz", path, lambda: release_npz.read_release_npz(path))
    assert found is None or len(found.rows) == len(found.targets) == 3


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = fazal.SHEET
    places = ("ERM", "KDEL", "Mito", "OMM", "NES", "NIK", "NLS", "LMA")
    page.append([fazal.GENE, fazal.SYMBOL, *(f"{place}_log2FC" for place in places)])
    page.append(["ENSG00000000003.14", "TSPAN6", 2.5, -1, 0, 0, 1.9, -3, 0, 0.5])
    page.append(["ENSG00000000419.12", None, *[0.0] * 8])
    path = tmp_path_factory.mktemp("book") / "a.xlsx"
    book.save(path)
    return path.read_bytes()


@fuzzing
@given(data=st.data())
def test_a_damaged_workbook(tmp_path: Path, workbook: bytes, data: st.DataObject) -> None:
    path = written(tmp_path, "a.xlsx", data.draw(damaged_bytes(workbook)))
    attempt("tasks: workbook", path, lambda: fazal.read_fazal(path))
