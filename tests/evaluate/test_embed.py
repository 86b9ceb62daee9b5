from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from evaluate_helpers import random_codes, task_table
from hypothesis import given
from hypothesis import strategies as st

from orthrus import schemas
from orthrus.config.evaluate import EmbedSettings
from orthrus.config.models import EncoderSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import embed as stage
from orthrus.evaluate import embed_checkpoint, transcript_inputs
from orthrus.models.encoder import Orthrus
from orthrus.transcripts.codes import UNKNOWN

CODES = random_codes(12)


@pytest.fixture(scope="module")
def encoder() -> Orthrus:
    torch.manual_seed(0)
    return Orthrus(EncoderSettings(width=16, layers=2))


@pytest.fixture
def task(tmp_path: Path) -> Path:
    schemas.write_table(
        task_table(CODES, [[0.0]] * len(CODES)), tmp_path / "t.parquet", schemas.TASK
    )
    return tmp_path / "t.parquet"


@pytest.mark.parametrize("max_tokens", [1, 100, 10_000])
def test_equals_one_transcript_at_a_time(encoder: Orthrus, task: Path, max_tokens: int) -> None:
    found = stage.embed(
        encoder, transcript_inputs.open_transcripts(task), EmbedSettings(max_tokens=max_tokens)
    )
    assert found.dtype == np.float32
    for row, code in enumerate(CODES):
        codes = torch.frombuffer(bytearray(code), dtype=torch.uint8)[None]
        with torch.no_grad():
            alone = encoder.embed(codes, torch.tensor([len(code)]))[0].numpy()
        np.testing.assert_allclose(found[row], alone, atol=1e-6)


def test_same_threads_same_bits(encoder: Orthrus, task: Path) -> None:
    settings = EmbedSettings(max_tokens=200)
    first, second = (
        stage.embed(encoder, transcript_inputs.open_transcripts(task), settings) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


@given(st.lists(st.integers(1, 50), min_size=1), st.integers(1, 120))
def test_batches_cover_every_row_once_within_the_budget(lengths: list[int], budget: int) -> None:
    sizes = np.array(lengths)
    cut = stage.batches(sizes, budget)
    assert sorted(np.concatenate(cut).tolist()) == list(range(len(sizes)))
    for rows in cut:
        assert len(rows) == 1 or sizes[rows].max() * len(rows) <= budget


@pytest.mark.parametrize("beyond", [0, 1, 7, 500])
def test_padding_changes_no_value(encoder: Orthrus, beyond: int) -> None:
    code = CODES[0]
    alone, padded = (
        torch.full((1, len(code) + more), UNKNOWN, dtype=torch.uint8) for more in (0, beyond)
    )
    for batch in (alone, padded):
        batch[0, : len(code)] = torch.frombuffer(bytearray(code), dtype=torch.uint8)
    with torch.no_grad():
        first, second = (encoder.embed(x, torch.tensor([len(code)])) for x in (alone, padded))
    np.testing.assert_allclose(first, second, atol=1e-6)


SETTINGS = EmbedSettings(max_tokens=60)


def stopped_after(
    batches: int, encoder: Orthrus, task: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Embed for `output` until something interrupts it."""
    calls = iter(range(batches))

    def embed(self: Orthrus, codes: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return super(Orthrus, self).embed(codes, lengths)

    transcripts = transcript_inputs.open_transcripts(task)
    with monkeypatch.context() as patch:
        patch.setattr(Orthrus, "embed", embed)
        with (
            pytest.raises(KeyboardInterrupt),
            stage.embedded(encoder, transcripts, SETTINGS, output),
        ):
            pass


def test_an_interrupted_embedding_continues(
    encoder: Orthrus,
    task: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    transcripts = transcript_inputs.open_transcripts(task)
    whole = stage.embed(encoder, transcripts, SETTINGS)
    total = len(stage.batches(transcripts.lengths, SETTINGS.max_tokens))
    output = tmp_path / "e.parquet"
    stopped_after(3, encoder, task, output, monkeypatch)
    assert "continuing" not in capsys.readouterr().err
    stopped_after(total - 4, encoder, task, output, monkeypatch)
    assert "continuing after 3 batches" in capsys.readouterr().err
    calls = []
    original = Orthrus.embed
    monkeypatch.setattr(Orthrus, "embed", lambda *a: calls.append(1) or original(*a))
    with stage.embedded(encoder, transcripts, SETTINGS, output) as found:
        np.testing.assert_array_equal(found, whole)
    assert len(calls) == 1
    assert sorted(tmp_path.iterdir()) == [task]


@pytest.mark.parametrize("changed", ["model", "input", "max_tokens", "version"])
def test_another_embedding_starts_afresh(
    encoder: Orthrus,
    task: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: str,
) -> None:
    output = tmp_path / "e.parquet"
    stopped_after(2, encoder, task, output, monkeypatch)
    transcripts, settings = transcript_inputs.open_transcripts(task), SETTINGS
    if changed == "model":
        encoder = Orthrus(encoder.settings)
    elif changed == "input":
        transcripts = replace(transcripts, names=transcripts.names.reverse())
    elif changed == "version":
        monkeypatch.setattr(stage, "STAGE_VERSION", -1)
    else:
        settings = EmbedSettings(max_tokens=61)
    with stage.embedded(encoder, transcripts, settings, output) as found:
        np.testing.assert_array_equal(found, stage.embed(encoder, transcripts, settings))
    assert f"{changed} changed; embedding starts afresh" in capsys.readouterr().err


def test_every_batch_is_kept_in_time(
    encoder: Orthrus, task: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    monkeypatch.setattr(embed_checkpoint, "EVERY", 0.0)
    original = embed_checkpoint.PartialEmbedding.keep
    monkeypatch.setattr(
        embed_checkpoint.PartialEmbedding,
        "keep",
        lambda self: kept.append(self.done) or original(self),
    )
    with stage.embedded(
        encoder, transcript_inputs.open_transcripts(task), SETTINGS, tmp_path / "e.parquet"
    ):
        pass
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) > 3


def test_diverged_model(encoder: Orthrus, task: Path) -> None:
    broken = Orthrus(encoder.settings)
    torch.nn.init.constant_(broken.norm_f.bias, float("nan"))
    with pytest.raises(OrthrusError, match=r"the embedding of T\d+ is not finite"):
        stage.embed(broken, transcript_inputs.open_transcripts(task), EmbedSettings())
    with (
        pytest.raises(OrthrusError, match="is not finite"),
        stage.embedded(
            broken,
            transcript_inputs.open_transcripts(task),
            EmbedSettings(),
            task.parent / "e.parquet",
        ),
    ):
        pass
    assert list(task.parent.iterdir()) == [task]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there(encoder: Orthrus, task: Path) -> None:
    with pytest.raises(OrthrusError, match="no GPU is available"):
        stage.embed(encoder, transcript_inputs.open_transcripts(task), EmbedSettings(device="cuda"))


def flip(path: Path) -> None:
    """Flip a bit of every vector, of state a few."""
    content = bytearray(path.read_bytes())
    for at in range(len(content) - 7, 128, -64):
        content[at] ^= 0x10
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["vectors.npy", "state.json"])
@pytest.mark.parametrize("damage", [flip, lambda path: path.write_bytes(b""), Path.unlink])
def test_damaged_vectors_of_a_killed_process_are_not_used(
    encoder: Orthrus,
    task: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    damage: Callable[[Path], None],
) -> None:
    output = tmp_path / "e.parquet"
    monkeypatch.setattr(embed_checkpoint, "EVERY", 0.0)
    stopped_after(3, encoder, task, output, monkeypatch)
    damage(tmp_path / ".e.parquet.partial" / name)
    with stage.embedded(
        encoder, transcript_inputs.open_transcripts(task), SETTINGS, output
    ) as found:
        np.testing.assert_array_equal(
            found, stage.embed(encoder, transcript_inputs.open_transcripts(task), SETTINGS)
        )
    told = capsys.readouterr().err
    if (name, damage) != ("state.json", Path.unlink):
        assert "is damaged; embedding starts afresh" in told
    assert sorted(tmp_path.iterdir()) == [task]
