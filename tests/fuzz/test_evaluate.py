"""Embeddings, of ours and of others, fitted probes, and transcripts to embed."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from evaluate_helpers import random_codes, task_table
from fuzz_helpers import attempt, damaged_bytes, damaged_parquet, fuzzing
from fuzz_helpers import given as written
from hypothesis import given
from hypothesis import strategies as st

from orthrus import schemas
from orthrus.evaluate import embeddings_io, external_embeddings, transcript_inputs
from orthrus.evaluate.probe_io import Linear, Probe

NAMES = pl.Series(["T0", "T1", "T2"])
MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)
OURS = pl.DataFrame(
    {"transcript_id": NAMES, "embedding": MATRIX}, schema=schemas.embeddings(2).schema
)


@fuzzing
@given(data=st.data())
def test_a_damaged_table_of_embeddings(tmp_path: Path, data: st.DataObject) -> None:
    path = written(tmp_path, "e.parquet", data.draw(damaged_parquet(OURS, tmp_path)))
    found = attempt("evaluate: embeddings", path, lambda: embeddings_io.of(path, NAMES))
    assert found is None or found.shape == MATRIX.shape


@pytest.mark.parametrize("ours", [True, False], ids=["arrays", "lists"])
@fuzzing
@given(data=st.data())
def test_a_damaged_table_of_others(tmp_path: Path, ours: bool, data: st.DataObject) -> None:
    lists = OURS.with_columns(pl.col("embedding").arr.to_list().cast(pl.List(pl.Float64)))
    drawn = data.draw(damaged_parquet(OURS if ours else lists, tmp_path))
    path = written(tmp_path, "e.parquet", drawn)
    found = attempt(
        "evaluate: embeddings of others",
        path,
        lambda: external_embeddings.read_external(path, NAMES),
    )
    assert found is None or (len(found) == 3 and np.isfinite(found).all())


@pytest.mark.parametrize("save", [np.save, np.savez_compressed])
@fuzzing
@given(data=st.data())
def test_a_damaged_array(tmp_path: Path, save: object, data: st.DataObject) -> None:
    buffer = BytesIO()
    assert callable(save)
    save(buffer, MATRIX)
    path = written(tmp_path, "e.npy", data.draw(damaged_bytes(buffer.getvalue())))
    found = attempt(
        "evaluate: arrays of others", path, lambda: external_embeddings.read_external(path, NAMES)
    )
    assert found is None or (len(found) == 3 and np.isfinite(found).all())


@fuzzing
@given(data=st.data())
def test_a_damaged_probe(tmp_path: Path, data: st.DataObject) -> None:
    each = Linear(np.zeros(2), np.ones(2), np.ones((2, 1)), np.zeros(1), probabilities=False)
    facts = {"task": "t", "model": "m", "kind": "regression", "labels": ["value"], "seeds": [1, 2]}
    Probe(facts, [each, each]).write(tmp_path / "sound.safetensors")
    sound = (tmp_path / "sound.safetensors").read_bytes()
    path = written(tmp_path, "p.safetensors", data.draw(damaged_bytes(sound)))

    def read() -> int:
        probe = Probe.read(path)
        probe.check_width(2)
        mean, spread = probe.predict(MATRIX.astype(np.float64))
        return len(mean) + len(spread)

    with np.errstate(all="ignore"):
        assert attempt("evaluate: probe", "", read) in (None, 6)


@fuzzing
@given(data=st.data())
def test_a_damaged_task(tmp_path: Path, data: st.DataObject) -> None:
    task = task_table(random_codes(3), [[0.0], [1.0], [2.0]])
    path = written(tmp_path, "t.parquet", data.draw(damaged_parquet(task, tmp_path)))
    found = attempt("evaluate: task", path, lambda: transcript_inputs.open_transcripts(path))
    if found is not None:
        assert len(found.names) == len(found.lengths) == len(pl.read_parquet(path))
        assert found.offsets[-1] == len(found.codes)
