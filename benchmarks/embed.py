"""Embedding from a FASTA file to Parquet, beside the encoder alone on the same padded batches.

2,000 transcripts (400 with --quick) in files of 200, so that both are measured in turns. Where
ORTHRUS_REAL_DATA names the folder of real data, its human, worm and fly genes are taken, repeated;
else made ones of like lengths; rows say which. One thread, 3 layers of 64. The goal is in seconds
of the processor, which are fair on a busy machine too; those of the clock stand beside them.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from _harness import Row, main

from orthrus.annotation.normalize import SetMetadata
from orthrus.config.custom import CustomSettings
from orthrus.config.evaluate import EmbedSettings
from orthrus.config.models import EncoderSettings
from orthrus.evaluate import api, embed, transcript_inputs
from orthrus.models import checkpoint
from orthrus.models.encoder import Orthrus
from orthrus.models.tracks import tracks
from orthrus.transcripts import custom
from orthrus.transcripts.codes import BASE, UNKNOWN
from orthrus.transcripts.store import Store

TRANSCRIPTS, QUICK, PART = 2_000, 400, 200
SETTINGS = EmbedSettings(threads=1, device="cpu")
GOAL = 0.9


def measure(quick: bool) -> list[Row]:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        torch.manual_seed(0)
        encoder = Orthrus(EncoderSettings(width=64, layers=3)).eval()
        checkpoint.save(encoder, folder / "model")
        parts = _fasta(folder, QUICK if quick else TRANSCRIPTS)
        figures = np.sum([_part(encoder, part, folder) for part in parts], axis=0)
    ours, bare, ours_clock, bare_clock, tokens, nt = figures.tolist()
    which = "real" if os.environ.get("ORTHRUS_REAL_DATA") else "made"
    rates = f"{which} transcripts, FASTA to Parquet, tokens/s"
    return [
        Row(f"{rates} of the processor", tokens / ours, tokens / bare, GOAL),
        Row(f"{rates} of the clock", tokens / ours_clock, tokens / bare_clock),
        Row("padding: nt per token", nt, tokens),
    ]


def _part(encoder: Orthrus, fasta: Path, folder: Path) -> tuple[float, ...]:
    """Return seconds of ours and of the encoder alone, processor's then clock's; tokens, and nt."""
    batches, tokens, nt = _batches(fasta)
    _bare(encoder, batches[-1:])()  # compiles
    # The encoder alone takes half of the batches before, and half after, as machines drift.
    bare = _seconds(_bare(encoder, batches[::2]))
    ours = _seconds(lambda: _embed(fasta, folder))
    bare += _seconds(_bare(encoder, batches[1::2]))
    (ours_cpu, ours_clock), (bare_cpu, bare_clock) = ours, bare
    return ours_cpu, bare_cpu, ours_clock, bare_clock, tokens, nt


def _seconds(function: Callable[[], None]) -> np.ndarray:
    """Return the seconds of the processor and of the clock that a function takes."""
    start = time.process_time(), time.perf_counter()
    function()
    return np.subtract((time.process_time(), time.perf_counter()), start)


def _embed(fasta: Path, folder: Path) -> None:
    given = transcript_inputs.InputSpec(mature=fasta)
    api.embed_file(given, folder / "model", folder / "e.parquet", SETTINGS)


def _bare(encoder: Orthrus, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> Callable[[], None]:
    def run() -> None:
        with torch.inference_mode():
            for codes, lengths in batches:
                encoder(tracks(codes, 6), lengths)

    return run


def _batches(fasta: Path) -> tuple[list[tuple[torch.Tensor, torch.Tensor]], int, int]:
    """Return codes and lengths of every batch, and their tokens with and without padding."""
    transcripts = transcript_inputs.read_own(mature=fasta)
    lengths = transcripts.lengths
    found = [
        (torch.from_numpy(embed.padded(transcripts, rows)), torch.from_numpy(lengths[rows]))
        for rows in embed.batches(lengths, SETTINGS.max_tokens)
    ]
    return found, sum(codes.numel() for codes, _ in found), int(lengths.sum())


def _fasta(folder: Path, count: int) -> list[Path]:
    """Write `count` transcripts, in files of 200."""
    real = os.environ.get("ORTHRUS_REAL_DATA")
    codes = _real(folder, Path(real)) if real else _made(count)
    letters = np.frombuffer(b"ACGTN", dtype=np.uint8)
    picked = np.random.default_rng(0).permutation(count) % len(codes)
    paths = []
    for number, part in enumerate(np.split(picked, count // PART)):
        paths.append(folder / f"{number}.fa")
        with paths[-1].open("wb") as handle:
            for row, pick in enumerate(part):
                bases = letters[codes[pick] & (BASE | UNKNOWN)]
                handle.write(b">T%d\n%s\n" % (row, bases.tobytes()))
    return paths


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
        files = custom.CustomFiles(
            place / "database/ncbiRefSeq.txt.gz", place / f"bigZips/{assembly}.fa.gz"
        )
        custom.encode(
            files, folder / "own.zarr", SetMetadata(f"{assembly}.x", "x"), CustomSettings()
        )
        store = Store.open(folder / "own.zarr")
        found += [store[row] for row in range(len(store))]
    return found


if __name__ == "__main__":
    main("embed", measure)
