"""Mean-pooled embeddings of the transcripts of a task or a store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from orthrus import tables
from orthrus.config.evaluate import EmbedSettings
from orthrus.errors import OrthrusError
from orthrus.log import progress_bar
from orthrus.models.device import choose
from orthrus.models.encoder import Orthrus
from orthrus.transcripts.codes import UNKNOWN, Codes, check

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Transcripts:
    """Transcripts to embed: names (n,), codes end to end (nt,), and offsets (n + 1,) into them."""

    names: pl.Series
    codes: Codes
    offsets: Rows


def read(path: Path) -> Transcripts:
    """Read a store (a folder) or a task table.

    Raises
    ------
    OrthrusError
        It is neither, its codes are damaged, or a transcript is empty.
    """
    if path.is_dir():
        from orthrus.transcripts.store import Store  # zarr, which a task does without

        store = Store.open(path)
        transcripts = Transcripts(store.table["transcript_id"], store.codes(), store.offsets)
    else:
        task = tables.read(path, tables.TASK)
        codes = np.frombuffer(b"".join(task["codes"]), dtype=np.uint8)
        offsets = np.concatenate(([0], task["length"].to_numpy().cumsum()))
        transcripts = Transcripts(task["transcript_id"], codes, offsets)
    check(transcripts.codes)
    if (empty := np.flatnonzero(np.diff(transcripts.offsets) == 0)).size:
        raise OrthrusError(f"{path}: transcript {transcripts.names[int(empty[0])]} is empty")
    return transcripts


def embed(encoder: Orthrus, transcripts: Transcripts, settings: EmbedSettings) -> npt.NDArray:
    """Embed every transcript: the mean of its hidden states over its nucleotides.

    Batches hold transcripts of similar length; what else is in a batch changes no vector.

    Returns
    -------
    (n, width) float32
        In the order of `transcripts`.

    Raises
    ------
    OrthrusError
        A vector is not finite: the model diverged.
    """
    torch.set_num_threads(settings.threads)
    device = choose(settings.device, "device")
    encoder = encoder.to(device).eval()
    lengths = np.diff(transcripts.offsets)
    vectors = np.empty((len(lengths), encoder.width), dtype=np.float32)
    with torch.inference_mode(), progress_bar() as bar:
        task = bar.add_task("Embedding", total=int(lengths.sum()))
        for rows in batches(lengths, settings.max_tokens):
            codes = torch.from_numpy(padded(transcripts, rows)).to(device)
            pooled = encoder.embed(codes, torch.from_numpy(lengths[rows]).to(device))
            vectors[rows] = pooled.float().cpu().numpy()
            bar.advance(task, int(lengths[rows].sum()))
    if (bad := np.flatnonzero(~np.isfinite(vectors).all(axis=1))).size:
        name = transcripts.names[int(bad[0])]
        raise OrthrusError(
            f"the embedding of {name} is not finite; the model diverged, train again"
        )
    return vectors


def batches(lengths: Rows, max_tokens: int) -> list[Rows]:
    """Cut transcripts into batches, longest first, of at most `max_tokens` with padding.

    A transcript longer than `max_tokens` is a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    cut: list[Rows] = []
    start = 0
    while start < len(order):
        size = max(1, max_tokens // int(lengths[order[start]]))
        cut.append(order[start : start + size])
        start += size
    return cut


def padded(transcripts: Transcripts, rows: Rows) -> Codes:
    """Return the codes (B, L) of `rows`, padded on the right with unknown bases."""
    starts, ends = transcripts.offsets[rows], transcripts.offsets[rows + 1]
    at = starts[:, None] + np.arange((ends - starts).max())
    inside = at < ends[:, None]
    batch = np.full(at.shape, UNKNOWN, dtype=np.uint8)
    batch[inside] = transcripts.codes[at[inside]]
    return batch
