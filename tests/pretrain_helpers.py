"""Made corpora for the tests of pretraining."""

from __future__ import annotations

import numpy as np

from orthrus.transcripts.codes import CODON_START, EXON_END, UNKNOWN, Codes


def made_transcript(rng: np.random.Generator, longest: int) -> Codes:
    """Return the codes of one random transcript, perhaps without a CDS or with unknown bases."""
    length = int(rng.integers(10, longest))
    codes = rng.integers(0, 4, length).astype(np.uint8)
    codes[rng.random(length) < 0.02] = UNKNOWN
    codes[[*rng.integers(0, length, 2), -1]] |= EXON_END
    if rng.random() < 0.8:
        start, end = np.sort(rng.integers(0, length + 1, 2))
        codes[start:end:3] |= CODON_START
    return codes


def made_codes(n: int, seed: int, longest: int) -> tuple[Codes, np.ndarray]:
    """Return the codes of `n` transcripts end to end, and their offsets (n + 1,)."""
    rng = np.random.default_rng(seed)
    parts = [made_transcript(rng, longest) for _ in range(n)]
    return np.concatenate(parts), np.cumsum([0, *map(len, parts)])
