"""Embeddings of transcripts: the mean of an encoder's hidden states over the nucleotides."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from orthrus.array_types import Floats32, Ints
from orthrus.config.evaluate import EmbedSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import STAGE_VERSION
from orthrus.evaluate.embed_checkpoint import claim
from orthrus.evaluate.transcript_inputs import Transcripts
from orthrus.log import progress_bar
from orthrus.models.base import Encoder
from orthrus.models.device import choose
from orthrus.transcripts.codes import UNKNOWN, Codes


def embed(encoder: Encoder, transcripts: Transcripts, settings: EmbedSettings) -> Floats32:
    """Embed every transcript in memory; see `embedded`.

    Returns
    -------
    (n, width) float32
        In the order of `transcripts`.
    """
    vectors = np.empty((len(transcripts.names), encoder.width), dtype=np.float32)
    plan = batches(transcripts.lengths, settings.max_tokens)
    _fill(vectors, encoder, transcripts, settings, plan)
    return vectors


@contextlib.contextmanager
def embedded(
    encoder: Encoder, transcripts: Transcripts, settings: EmbedSettings, output: Path
) -> Iterator[Floats32]:
    """Embed every transcript for `output`, going on where a killed process stopped.

    Batches hold transcripts of similar length; what else is in a batch changes no vector.

    Yields
    ------
    (n, width) float32
        In the order of `transcripts`; to be written to `output` before the block ends.

    Raises
    ------
    OrthrusError
        A vector is not finite: the model diverged.
    """
    plan = batches(transcripts.lengths, settings.max_tokens)
    identity = _identity(encoder, transcripts, settings)
    with claim(output, identity, encoder.width, plan) as partial:
        left = plan[partial.done :]
        _fill(partial.vectors, encoder, transcripts, settings, left, partial.advance)
        yield partial.vectors


def _fill(
    vectors: Floats32,
    encoder: Encoder,
    transcripts: Transcripts,
    settings: EmbedSettings,
    plan: Sequence[Ints],
    advance: Callable[[], None] = lambda: None,
) -> None:
    """Compute the vectors of the batches of `plan`, and tell of every batch."""
    device = choose(settings.device, "device")
    encoder = encoder.to(device).eval()
    lengths = transcripts.lengths
    total, left = int(lengths.sum()), sum(int(lengths[rows].sum()) for rows in plan)
    with threads(settings.threads), torch.inference_mode(), progress_bar() as bar:
        task = bar.add_task("Embedding", total=total, completed=total - left)
        for rows in plan:
            codes = torch.from_numpy(padded(transcripts, rows)).to(device)
            pooled = encoder.embed(codes, torch.from_numpy(lengths[rows]).to(device))
            vectors[rows] = pooled.float().cpu().numpy()
            _refuse_infinite(vectors[rows], rows, transcripts)
            advance()
            bar.advance(task, int(lengths[rows].sum()))


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch compute with `count` threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _refuse_infinite(vectors: Floats32, rows: Ints, transcripts: Transcripts) -> None:
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        name = transcripts.names[int(rows[np.argmin(finite)])]
        raise OrthrusError(
            f"the embedding of {name} is not finite; the model diverged, train again"
        )


def _identity(
    encoder: Encoder, transcripts: Transcripts, settings: EmbedSettings
) -> dict[str, Any]:
    """Return what decides on the vectors and the order in which they are computed."""
    inputs = hashlib.sha256("\n".join(transcripts.names).encode())
    for array in (transcripts.offsets, transcripts.codes):
        inputs.update(np.ascontiguousarray(array).data)
    model = hashlib.sha256(encoder.settings.model_dump_json().encode())
    for name, tensor in sorted(encoder.state_dict().items()):
        model.update(name.encode())
        model.update(np.ascontiguousarray(tensor.cpu().numpy()).data)
    device = str(choose(settings.device, "device"))
    known = {"input": inputs.hexdigest(), "model": model.hexdigest(), "device": device}
    return settings.model_dump() | known | {"version": STAGE_VERSION}


def batches(lengths: Ints, max_tokens: int) -> list[Ints]:
    """Cut transcripts into batches, longest first, of at most `max_tokens` with padding.

    A transcript longer than `max_tokens` is a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    cut: list[Ints] = []
    start = 0
    while start < len(order):
        size = max(1, max_tokens // int(lengths[order[start]]))
        cut.append(order[start : start + size])
        start += size
    return cut


def padded(transcripts: Transcripts, rows: Ints) -> Codes:
    """Return the codes (B, L) of `rows`, padded on the right with unknown bases."""
    starts, ends = transcripts.offsets[rows], transcripts.offsets[rows + 1]
    at = starts[:, None] + np.arange((ends - starts).max())
    inside = at < ends[:, None]
    batch = np.full(at.shape, UNKNOWN, dtype=np.uint8)
    batch[inside] = transcripts.codes[at[inside]]
    return batch
