"""Drawing a positive partner for every base of an epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from orthrus.relations.index import Relations
from orthrus.relations.pair_kinds import KINDS
from orthrus.relations.partner_kernels import draw
from orthrus.relations.threads import prefetch

PART = 1 << 16
"""Rows that a thread draws for at once."""


def sample_partner(
    rows: npt.NDArray[np.integer[Any]],
    relations: Relations,
    *,
    seed: int,
    epoch: int,
    kinds: Iterable[str] = KINDS,
    ortholog_probability: float = 0.5,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """Draw one partner for each base (paper, Methods; published code).

    Where a base has orthologs and other partners, an ortholog is drawn with probability
    `ortholog_probability`; where it has only one sort, from that; uniformly within. Splice and
    naive pairs are one sort, as published. A base without eligible partner is its own.

    Parameters
    ----------
    rows
        (n,) global rows of bases.
    relations
        The relations of the same corpus.
    seed, epoch
        With the row they decide the draw: the same for any batch, order and number of workers.
    kinds
        Which of `splice`, `naive`, `ortholog` are used. `ortholog` alone means the projections of
        the base itself, else those of its gene (see `orthrus.relations.pair_kinds`).
    ortholog_probability
        Probability of an ortholog where there is a choice.

    Returns
    -------
    partners : (n,) int64
        Global rows, each below the length limit of its base's class.
    codes : (n,) int8
        0 self, 1 splice, 2 naive, 3 ortholog.

    Raises
    ------
    OrthrusError
        A kind is unknown.
    """
    index = relations.index(kinds)
    partners, codes = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.int8)
    words = np.uint64(seed % 2**64), np.uint64(epoch % 2**64)
    chance = float(ortholog_probability)

    def draw_part(start: int) -> None:
        part = slice(start, start + PART)
        draw(rows[part], index, *words, chance, partners[part], codes[part])

    for _ in prefetch(draw_part, range(0, len(rows), PART)):
        pass
    return partners, codes
