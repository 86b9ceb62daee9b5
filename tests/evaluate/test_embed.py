from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from evaluate_helpers import random_codes, task_table, write_test_store
from hypothesis import given
from hypothesis import strategies as st

from orthrus import tables
from orthrus.config.evaluate import EmbedSettings
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import embed as stage
from orthrus.models.encoder import Orthrus

CODES = random_codes(12)


@pytest.fixture(scope="module")
def encoder() -> Orthrus:
    torch.manual_seed(0)
    return Orthrus(EncoderSettings(width=16, layers=2))


@pytest.fixture
def task(tmp_path: Path) -> Path:
    tables.write(task_table(CODES, [[0.0]] * len(CODES)), tmp_path / "t.parquet", tables.TASK)
    return tmp_path / "t.parquet"


@pytest.mark.parametrize("max_tokens", [1, 100, 10_000])
def test_equals_one_transcript_at_a_time(encoder: Orthrus, task: Path, max_tokens: int) -> None:
    found = stage.embed(encoder, stage.read(task), EmbedSettings(max_tokens=max_tokens))
    assert found.dtype == np.float32
    for row, code in enumerate(CODES):
        codes = torch.frombuffer(bytearray(code), dtype=torch.uint8)[None]
        with torch.no_grad():
            alone = encoder.embed(codes, torch.tensor([len(code)]))[0].numpy()
        np.testing.assert_allclose(found[row], alone, atol=1e-6)


def test_same_threads_same_bits(encoder: Orthrus, task: Path) -> None:
    settings = EmbedSettings(max_tokens=200)
    first, second = (stage.embed(encoder, stage.read(task), settings) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_store_is_read_like_a_task(task: Path, tmp_path: Path) -> None:
    store = stage.read(write_test_store(tmp_path / "s.zarr", CODES))
    table = stage.read(task)
    assert store.names.to_list() == table.names.to_list()
    np.testing.assert_array_equal(store.codes, table.codes)
    np.testing.assert_array_equal(store.offsets, table.offsets)


@given(st.lists(st.integers(1, 50), min_size=1), st.integers(1, 120))
def test_batches_cover_every_row_once_within_the_budget(lengths: list[int], budget: int) -> None:
    sizes = np.array(lengths)
    cut = stage.batches(sizes, budget)
    assert sorted(np.concatenate(cut).tolist()) == list(range(len(sizes)))
    for rows in cut:
        assert len(rows) == 1 or sizes[rows].max() * len(rows) <= budget


def test_diverged_model(encoder: Orthrus, task: Path) -> None:
    broken = Orthrus(encoder.settings)
    torch.nn.init.constant_(broken.norm_f.bias, float("nan"))
    with pytest.raises(OrthrusError, match="the embedding of T0 is not finite"):
        stage.embed(broken, stage.read(task), EmbedSettings())


def test_damaged_codes(tmp_path: Path) -> None:
    tables.write(task_table([b"\x80"], [[0.0]]), tmp_path / "t.parquet", tables.TASK)
    with pytest.raises(OrthrusError, match="reserved bit"):
        stage.read(tmp_path / "t.parquet")


def test_empty_transcript(tmp_path: Path) -> None:
    tables.write(task_table([b"\x00", b""], [[0.0]] * 2), tmp_path / "t.parquet", tables.TASK)
    with pytest.raises(OrthrusError, match="transcript T1 is empty"):
        stage.read(tmp_path / "t.parquet")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there(encoder: Orthrus, task: Path) -> None:
    with pytest.raises(OrthrusError, match="no GPU is available"):
        stage.embed(encoder, stage.read(task), EmbedSettings(device="cuda"))
