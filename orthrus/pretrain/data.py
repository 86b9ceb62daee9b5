"""From stores and relations to batches of paired views, as code bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from orthrus.config.pretrain import PretrainSettings
from orthrus.errors import OrthrusError
from orthrus.pretrain import augment
from orthrus.pretrain.batching import Plan, plan_batches
from orthrus.relations.hashing import words
from orthrus.relations.index import Relations
from orthrus.relations.kinds import KINDS, ORTHOLOG
from orthrus.relations.sampling import sample_partner
from orthrus.transcripts.corpus import Corpus

Ints = npt.NDArray[np.int64]

# Tags that keep draws of one (seed, epoch, row) apart; 0 and 1 belong to the choice of partners.
VIEW_TAGS = (2, 3)
ORDER_TAG = 4


class Batch(NamedTuple):
    """N pairs of views. The longer views make one matrix, the shorter views another.

    Attributes
    ----------
    longer, shorter
        (N, L) uint8, each with its own L, padded on the right with 4.
    longer_lengths, shorter_lengths
        (N,) int64, nt.
    swapped
        (N,) bool: whether the longer view is the second one, the partner.
    ortholog
        (N,) bool: whether the partner is a TOGA projection.
    groups
        (N,) int64: the gene group.
    """

    longer: torch.Tensor
    shorter: torch.Tensor
    longer_lengths: torch.Tensor
    shorter_lengths: torch.Tensor
    swapped: torch.Tensor
    ortholog: torch.Tensor
    groups: torch.Tensor

    @property
    def nucleotides(self) -> int:
        """Real nucleotides of both views of all pairs."""
        return int(self.longer_lengths.sum() + self.shorter_lengths.sum())


@dataclass(frozen=True)
class Epoch:
    """The pairs of one epoch and their batches.

    Attributes
    ----------
    base, partner
        (P,) int64, global rows.
    ortholog
        (P,) bool.
    pieces
        (2, P, 3, 2) int64: what the views are put together from; see `augment.combine_utr`.
    keys
        (2, P) uint64: the keys of the masks.
    plan
        Which pairs make which batch.
    """

    base: Ints
    partner: Ints
    ortholog: npt.NDArray[np.bool_]
    pieces: Ints
    keys: npt.NDArray[np.uint64]
    plan: Plan


class Examples:
    """Draws the pairs of an epoch and makes their batches.

    Parameters
    ----------
    corpus, relations
        The same transcripts, in the same order.
    settings
        Pairs, masks and budget.

    Raises
    ------
    OrthrusError
        Corpus and relations are not of the same transcripts.
    """

    def __init__(self, corpus: Corpus, relations: Relations, settings: PretrainSettings):
        if not np.array_equal(corpus.lengths, relations.lengths):
            raise OrthrusError(
                f"{relations.folder}: was built from other stores, or in another order; run "
                "`orthrus relations build` on the same stores"
            )
        self.corpus = corpus
        self.relations = relations
        self.settings = settings
        self.spans = augment.cds_spans(corpus.codes, corpus.offsets)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of partners that the settings ask for; none: a transcript is its own."""
        wanted = self.settings.augment
        chosen = (wanted.splice, wanted.splice and wanted.naive, wanted.ortholog)
        return tuple(kind for kind, use in zip(KINDS, chosen, strict=True) if use)

    def bases(self) -> Ints:
        """Return the rows that training may start from: see `Relations.bases`, and `max_length`."""
        rows = self.relations.bases(self.kinds)
        return rows[self.corpus.lengths[rows] <= self.settings.batch.max_length]

    def epoch(self, bases: Ints, number: int) -> Epoch:
        """Draw a partner for each base, and plan the batches of training epoch `number`."""
        wanted = self.settings.augment
        return self._epoch(bases, number, self.kinds, combine_utr=wanted.combine_utr)

    def held_out(self, bases: Ints) -> Epoch:
        """Return the fixed pairs of validation: partners of any kind, as they are."""
        return self._epoch(bases, 0, KINDS, combine_utr=False)

    def _epoch(
        self, base: Ints, number: int, kinds: tuple[str, ...], *, combine_utr: bool
    ) -> Epoch:
        settings, offsets = self.settings, self.corpus.offsets
        partner, kind = sample_partner(
            base,
            self.relations,
            seed=settings.seed,
            epoch=number,
            kinds=kinds,
            ortholog_probability=settings.augment.ortholog_probability,
        )
        limit = settings.batch.max_length
        fits = self.corpus.lengths[partner] <= limit
        partner = np.where(fits, partner, base)
        ortholog = fits & (kind == ORTHOLOG)
        first, second = (augment.whole(offsets, rows) for rows in (base, partner))
        if combine_utr:
            second = augment.combine_utr(
                second, offsets, self.spans, base, partner, ortholog, limit
            )
        lengths = np.stack([augment.lengths(first), augment.lengths(second)], axis=1)
        rng = np.random.default_rng([settings.seed, number, ORDER_TAG])
        return Epoch(
            base,
            partner,
            ortholog,
            np.stack([first, second]),
            np.stack([words(settings.seed, number, base, tag) for tag in VIEW_TAGS]),
            plan_batches(lengths, settings.batch.tokens, rng),
        )

    def batch(self, epoch: Epoch, number: int, *, masked: bool) -> Batch:
        """Return batch `number` of an epoch, with or without masks."""
        pairs = epoch.plan[number]
        pieces, keys = epoch.pieces[:, pairs], epoch.keys[:, pairs]
        swapped = augment.lengths(pieces[1]) > augment.lengths(pieces[0])
        longer = swapped.astype(np.intp)
        column = np.arange(len(pairs))
        views = []
        for side in (longer, 1 - longer):
            views.append(self._views(pieces[side, column], keys[side, column], masked=masked))
        (long_codes, long_lengths), (short_codes, short_lengths) = views
        arrays: tuple[npt.NDArray[Any], ...] = (
            long_codes,
            short_codes,
            long_lengths,
            short_lengths,
            swapped,
            epoch.ortholog[pairs],
            self.relations.group[epoch.base[pairs]].astype(np.int64),
        )
        return Batch(*map(torch.from_numpy, arrays))

    def _views(
        self, pieces: Ints, keys: npt.NDArray[np.uint64], *, masked: bool
    ) -> tuple[augment.Codes, Ints]:
        lengths = augment.lengths(pieces)
        views = augment.gather(self.corpus.codes, pieces, int(lengths.max()))
        if masked:
            wanted = self.settings.augment
            augment.mask(views, lengths, keys, wanted.mask_sequence, wanted.mask_tracks)
        return views, lengths


class TrainingBatches:
    """The batches of training steps 1, 2, … `steps`, epoch after epoch.

    Lightning saves the position with the rest of the state (`state_dict`); the batch of a step is
    the same wherever the iteration started.
    """

    def __init__(self, examples: Examples, bases: Ints, steps: int):
        self.examples = examples
        self.bases = bases
        self.steps = steps
        self.start = 0
        self.delivered = 0

    def __len__(self) -> int:
        return self.steps

    def state_dict(self) -> dict[str, int]:
        """Return the number of batches delivered so far."""
        return {"delivered": self.delivered}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Let the next iteration start after the batches delivered before."""
        self.start = state["delivered"]

    def __iter__(self) -> Iterator[Batch]:
        self.delivered = self.start
        first = number = 0
        while first < self.steps:
            epoch = self.examples.epoch(self.bases, number)
            end = min(len(epoch.plan), self.steps - first)
            for index in range(max(0, self.start - first), end):
                self.delivered += 1
                yield self.examples.batch(epoch, index, masked=True)
            first += len(epoch.plan)
            number += 1
