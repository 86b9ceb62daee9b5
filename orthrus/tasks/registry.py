"""The benchmark tasks of P2's Table 2, as data."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from orthrus.errors import OrthrusError

Kind = Literal["regression", "multilabel"]
METRICS: dict[Kind, str] = {"regression": "pearson_r", "multilabel": "auprc_micro"}
"""The metric by which a kind of task is summarised (P2, Figures 2 and 3)."""


@dataclass(frozen=True)
class Task:
    """One benchmark task.

    Attributes
    ----------
    title
        Name for people.
    kind
        `regression` of one value, or `multilabel`: several yes-or-no labels.
    species
        The species P2 measured it in.
    published_n, published_length
        Number of sequences and longest sequence (nt) in P2's Table 2.
    parts
        What each source file holds where a task has several: one block of labels per part.
    top_labels
        Keep this many labels per part, those with the most positives (P2, Methods: eCLIP).
    """

    title: str
    kind: Kind
    species: str
    published_n: int
    published_length: int
    parts: tuple[str, ...] = ("",)
    top_labels: int | None = None

    @property
    def metric(self) -> str:
        """The metric that stands for the task in figures."""
        return METRICS[self.kind]


HUMAN, MOUSE = "Homo sapiens", "Mus musculus"

TASKS = {
    "rnahl-human": Task("RNA half-life, human", "regression", HUMAN, 12_968, 12_288),
    "rnahl-mouse": Task("RNA half-life, mouse", "regression", MOUSE, 13_738, 12_288),
    "mrl-sugimoto": Task("Mean ribosome load", "regression", HUMAN, 11_693, 12_275),
    "prot-loc": Task("Protein localization", "multilabel", HUMAN, 9_769, 12_275),
    "go-mf": Task("GO molecular function", "multilabel", HUMAN, 5_737, 12_236),
    "eclip": Task("eCLIP binding", "multilabel", HUMAN, 21_559, 205_012, ("K562", "HepG2"), 20),
    "rna-loc-fazal": Task("RNA localization, Fazal", "multilabel", HUMAN, 3_297, 14_897),
    "rna-loc-ietswaart": Task("RNA localization, Ietswaart", "multilabel", HUMAN, 10_043, 13_459),
}


def ordered(names: Iterable[str]) -> list[str]:
    """Return task names in the order of P2's Table 2, others after them."""
    ranks = {name: rank for rank, name in enumerate(TASKS)}
    return sorted(names, key=lambda name: (ranks.get(name, len(ranks)), name))


def find(name: str) -> Task:
    """Return the task called `name`; OrthrusError names the nearest one otherwise."""
    if name in TASKS:
        return TASKS[name]
    near = difflib.get_close_matches(name, TASKS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known tasks: {', '.join(TASKS)}"
    raise OrthrusError(f"task {name!r} is unknown; {hint}")
