"""The benchmark tasks as data: what they are, how they are read and how models are trained on them.

To add a task is to add a line to `TASKS` or `EARLIER`; where it comes from raw files, with the
place of a function that reads them, as those of `orthrus.tasks.half_life`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from orthrus.errors import OrthrusError

Kind = Literal["regression", "multilabel"]
METRICS: dict[Kind, str] = {"regression": "pearson_r", "multilabel": "auprc_micro"}
"""The metric by which a kind of task is summarised (paper, Figures 2 and 3)."""


@dataclass(frozen=True)
class Raw:
    """Raw files that a task can be made from.

    Attributes
    ----------
    files
        What they are, in order.
    reader
        `package.module:function`, which takes the paths, the NCBI taxonomy identifier of the
        species or None, and the `TaskSettings`, and returns `orthrus.tasks.labels.Labels`.
    """

    files: tuple[str, ...]
    reader: str

    def load(self) -> Any:
        """Import the reader."""
        module, _, name = self.reader.partition(":")
        return getattr(import_module(module), name)


@dataclass(frozen=True)
class Recipe:
    """How models are fine-tuned on a task: the paper's A.6, and what only the published code tells.

    Attributes
    ----------
    lr, weight_decay
        Of pretrained encoders, whose heads alone have weight decay (A.6; code for `prot-loc`).
    clip, clip_by
        The limit of the gradient of pretrained encoders.
    steps, max_length
        Optimiser steps, and the longest transcript (nt).
    slow
        Kinds of encoders that the published code trains from fresh weights with `SLOW_RATE`
        instead of their own learning rate.
    """

    lr: float = 1e-4
    weight_decay: float = 1e-4
    clip: float = 10.0
    clip_by: Literal["norm", "value"] = "norm"
    steps: int = 10_000
    max_length: int = 30_000
    slow: frozenset[str] = frozenset()


SLOW_RATE = 1e-4


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
        The species it was measured in; None: any.
    published
        Numbers of the paper: `n` and `max_length` (nt) of its Table 2, and where its text says
        otherwise `text_n` and `text_genes`.
    raw
        The raw files that it can be made from; None where their processing is unpublished, so that
        the processed release is the only source.
    recipe
        How models are fine-tuned on it.
    parts
        What each processed file holds where a task has several: one block of labels per part.
    top_labels
        Keep this many labels per part, those with the most positives (paper, Methods: eCLIP).
    one_gene
        All rows are variants of one gene, so that only a random split can part them.
    """

    title: str
    kind: Kind
    species: str | None = None
    published: Mapping[str, int] = field(default_factory=dict)
    raw: Raw | None = None
    recipe: Recipe = Recipe()
    parts: tuple[str, ...] = ("",)
    top_labels: int | None = None
    one_gene: bool = False

    @property
    def metric(self) -> str:
        """The metric that stands for the task in figures."""
        return METRICS[self.kind]


def _published(
    n: int, max_length: int, text_n: int | None = None, text_genes: int | None = None
) -> dict[str, int]:
    found = {"n": n, "max_length": max_length, "text_n": text_n, "text_genes": text_genes}
    return {name: number for name, number in found.items() if number is not None}


HUMAN, MOUSE = "Homo sapiens", "Mus musculus"

FASTER, FRESH = Recipe(1e-3, 1e-3), frozenset({"mamba", "dilated_cnn"})

TASKS = {
    "rnahl-human": Task(
        "RNA half-life, human", "regression", HUMAN, _published(12_968, 12_288, 10_432),
        Raw(("Saluki's table of half-lives",), "orthrus.tasks.half_life:read_human"), FASTER,
    ),
    "rnahl-mouse": Task(
        "RNA half-life, mouse", "regression", MOUSE, _published(13_738, 12_288, 11_008),
        Raw(("Saluki's table of half-lives",), "orthrus.tasks.half_life:read_mouse"), FASTER,
    ),
    "mrl-sugimoto": Task(
        "Mean ribosome load", "regression", HUMAN, _published(11_693, 12_275, 12_459, 7_815),
        recipe=Recipe(3e-4, clip=0.5, clip_by="value", slow=FRESH),
    ),
    "prot-loc": Task(
        "Protein localization", "multilabel", HUMAN, _published(9_769, 12_275, 10_409),
        Raw(
            ("the Human Protein Atlas's table of locations",),
            "orthrus.tasks.localization:read_raw",
        ),
        Recipe(slow=FRESH),
    ),
    "go-mf": Task(
        "GO molecular function", "multilabel", HUMAN, _published(5_737, 12_236),
        Raw(
            ("an ontology (.obo)", "its annotations (.gaf)"), "orthrus.tasks.go_terms:read_raw"
        ),
        FASTER,
    ),
    "eclip": Task(
        "eCLIP binding", "multilabel", HUMAN, _published(21_559, 205_012),
        recipe=Recipe(steps=3_000, max_length=15_000, slow=frozenset({"mamba"})),
        parts=("K562", "HepG2"), top_labels=20,
    ),
    "rna-loc-fazal": Task(
        "RNA localization, Fazal", "multilabel", HUMAN, _published(3_297, 14_897),
        Raw(("Fazal's table S3 (.xlsx)",), "orthrus.tasks.fazal:read_raw"),
    ),
    "rna-loc-ietswaart": Task(
        "RNA localization, Ietswaart", "multilabel", HUMAN, _published(10_043, 13_459)
    ),
}  # fmt: skip
"""The eight of the paper's Table 2."""

EARLIER = {"mrfp": Task("mRFP expression", "regression", one_gene=True)}
"""The first paper's only other task: variants of one reporter gene."""

STRUCTURE = {
    "cds-length": Task("CDS length", "regression"),
    "utr5-length": Task("5′ UTR length", "regression"),
    "utr3-length": Task("3′ UTR length", "regression"),
    "exon-count": Task("Number of exons", "regression"),
    "biotype": Task("Transcript biotype", "multilabel"),
}
"""What a store itself tells of its transcripts (paper, Figure 2A)."""

KNOWN = TASKS | EARLIER | STRUCTURE


def ordered(names: Iterable[str]) -> list[str]:
    """Return task names in the order of the paper's Table 2, others after them."""
    ranks = {name: rank for rank, name in enumerate(KNOWN)}
    return sorted(names, key=lambda name: (ranks.get(name, len(ranks)), name))


def find(name: str) -> Task:
    """Return the task called `name`; OrthrusError names the nearest one otherwise."""
    if name not in KNOWN:
        raise OrthrusError(unknown(name))
    return KNOWN[name]


def unknown(name: str) -> str:
    """Say that there is no such task, and which one is meant."""
    near = difflib.get_close_matches(name, KNOWN, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known tasks: {', '.join(KNOWN)}"
    return f"task {name!r} is unknown; {hint}"
