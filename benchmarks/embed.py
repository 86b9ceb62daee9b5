"""Embedding from a FASTA file to Parquet, beside the encoder alone on the same padded batches.

2,000 transcripts, 200 with --quick: where ORTHRUS_REAL_DATA names the folder of real data, its
human, worm and fly genes, repeated; else made ones of like lengths. One thread, 3 layers of 64.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from _harness import Row, main, seconds

from orthrus.annotation.normal import Label
from orthrus.config.evaluate import EmbedSettings
from orthrus.config.models import EncoderSettings
from orthrus.config.own import OwnSettings
from orthrus.evaluate import api, embed, inputs
from orthrus.models import checkpoint
from orthrus.models.encoder import Orthrus
from orthrus.models.tracks import tracks
from orthrus.transcripts import own
from orthrus.transcripts.codes import BASE, UNKNOWN
from orthrus.transcripts.store import Store

TRANSCRIPTS, QUICK = 2_000, 200
SETTINGS = EmbedSettings(threads=1, device="cpu")
GOAL = 0.9


def measure(quick: bool) -> list[Row]:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        torch.manual_seed(0)
        encoder = Orthrus(EncoderSettings(width=64, layers=3)).eval()
        checkpoint.save(encoder, folder / "model")
        fasta = _fasta(folder, QUICK if quick else TRANSCRIPTS)
        batches, tokens, nt = _batches(fasta)
        _bare(encoder, batches[-1:])()  # compiles
        # The encoder alone takes half of the batches before, and half after, as machines drift.
        before = seconds(_bare(encoder, batches[::2]), 1)
        ours = seconds(lambda: _embed(fasta, folder), 1)
        bare = before + seconds(_bare(encoder, batches[1::2]), 1)
    return [
        Row("FASTA to Parquet, tokens/s", tokens / ours, tokens / bare, GOAL),
        Row("padding: nt per token", nt, tokens),
    ]


def _embed(fasta: Path, folder: Path) -> None:
    given = inputs.Given(mature=fasta)
    api.embed_file(given, folder / "model", folder / "e.parquet", SETTINGS)


def _bare(encoder: Orthrus, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> Callable[[], None]:
    def run() -> None:
        with torch.inference_mode():
            for codes, lengths in batches:
                encoder(tracks(codes, 6), lengths)

    return run


def _batches(fasta: Path) -> tuple[list[tuple[torch.Tensor, torch.Tensor]], int, int]:
    """Return codes and lengths of every batch, and their tokens with and without padding."""
    transcripts = inputs.read_own(mature=fasta)
    lengths = transcripts.lengths
    found = [
        (torch.from_numpy(embed.padded(transcripts, rows)), torch.from_numpy(lengths[rows]))
        for rows in embed.batches(lengths, SETTINGS.max_tokens)
    ]
    return found, sum(codes.numel() for codes, _ in found), int(lengths.sum())


def _fasta(folder: Path, count: int) -> Path:
    """Write `count` transcripts."""
    real = os.environ.get("ORTHRUS_REAL_DATA")
    codes = _real(folder, Path(real)) if real else _made(count)
    letters = np.frombuffer(b"ACGTN", dtype=np.uint8)
    with (folder / "transcripts.fa").open("wb") as handle:
        for row, pick in enumerate(np.random.default_rng(0).permutation(count) % len(codes)):
            bases = letters[codes[pick] & (BASE | UNKNOWN)]
            handle.write(b">T%d\n%s\n" % (row, bases.tobytes()))
    return folder / "transcripts.fa"


def _made(count: int) -> list[np.ndarray]:
    """Return random bases; lengths have the median (2,046 nt) and spread of human transcripts."""
    generator = np.random.default_rng(0)
    lengths = generator.lognormal(np.log(2046), 0.8, count).astype(int).clip(100, 100_000)
    return [generator.integers(0, 4, length, dtype=np.uint8) for length in lengths]


def _real(folder: Path, real: Path) -> list[np.ndarray]:
    """Return the codes of all genes of three assemblies."""
    found = []
    for assembly in ("hg38", "ce11", "dm6"):
        place = real / "mirror/hgdownload.soe.ucsc.edu/goldenPath" / assembly
        files = own.OwnFiles(
            place / "database/ncbiRefSeq.txt.gz", place / f"bigZips/{assembly}.fa.gz"
        )
        own.encode(files, folder / "own.zarr", Label(f"{assembly}.x", "x"), OwnSettings())
        store = Store.open(folder / "own.zarr")
        found += [store[row] for row in range(len(store))]
    return found


if __name__ == "__main__":
    main("embed", measure)
