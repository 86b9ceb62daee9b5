"""Drawing a positive partner for every base of an epoch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from orthrus.relations.hashing import below, uniform, words
from orthrus.relations.index import Relations
from orthrus.relations.kinds import KINDS, NAIVE, ORTHOLOG, SELF, SPLICE

COIN, PICK = 0, 1


def sample_partner(
    rows: npt.NDArray[np.integer[Any]],
    relations: Relations,
    *,
    seed: int,
    epoch: int,
    kinds: Iterable[str] = KINDS,
    ortholog_probability: float = 0.5,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """Draw one partner for each base (P2, Methods; published code).

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
        the base itself, else those of its gene (see `orthrus.relations.kinds`).
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
    found = relations.candidates(rows, kinds)
    n_references, n_projections = found.n_references, found.n_projections
    coin = uniform(words(seed, epoch, rows, COIN)) < ortholog_probability
    ortholog = (n_projections > 0) & ((n_references == 0) | coin)
    pick = below(words(seed, epoch, rows, PICK), np.where(ortholog, n_projections, n_references))

    place = found.start + pick
    place += np.where(place >= found.hole_start, found.hole_stop - found.hole_start, 0)
    own = (place >= found.own_start) & (place < found.own_stop)
    codes = np.where(ortholog, ORTHOLOG, np.where(own, SPLICE, NAIVE))
    place = np.where(ortholog, found.toga_start + pick, place)

    paired = n_projections + n_references > 0
    partners = rows.astype(np.int64)
    partners[paired] = found.pool[place[paired]]
    return partners, np.where(paired, codes, SELF).astype(np.int8)
