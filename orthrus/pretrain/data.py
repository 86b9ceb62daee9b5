"""From stores and relations to batches of paired views, as code bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from orthrus.array_types import Ints
from orthrus.config.pretrain import PretrainSettings
from orthrus.pretrain import augment
from orthrus.pretrain.batching import BatchPlan, plan_batches, plan_sizes
from orthrus.random_streams import random_bits, uniform
from orthrus.relations.index import Relations
from orthrus.relations.pair_kinds import KINDS, ORTHOLOG, SELF
from orthrus.relations.sampling import sample_partner
from orthrus.transcripts.corpus import Corpus

# Tags that keep draws of one (seed, epoch, row) apart; 0 and 1 belong to the choice of partners.
VIEW_TAGS = (2, 3)
ORDER_TAG = 4
UTR_TAGS = ((6, 7), (8, 9))

LONG = 1
"""The length class of long transcripts."""

Part = tuple[int, int]
"""(0, 1): all pairs of a batch; (r, n): the r-th of n parts, which differ by one pair at most."""

WHOLE: Part = (0, 1)


class Batch(NamedTuple):
    """N pairs of views. The longer views make one matrix, the shorter views another.

    Attributes
    ----------
    longer, shorter
        (N, L) uint8, each with its own L, padded on the right with 4; nucleotides to be predicted
        are marked with `augment.HIDDEN`.
    longer_lengths, shorter_lengths
        (N,) int64, nt.
    swapped
        (N,) bool: whether the longer view is the second one, the partner.
    kind
        (N,) int64: the kind of pair; see `orthrus.relations.pair_kinds`.
    groups
        (N,) int64: the gene group.
    """

    longer: torch.Tensor
    shorter: torch.Tensor
    longer_lengths: torch.Tensor
    shorter_lengths: torch.Tensor
    swapped: torch.Tensor
    kind: torch.Tensor
    groups: torch.Tensor

    @property
    def nucleotides(self) -> int:
        """Real nucleotides of both views of all pairs."""
        return int(self.longer_lengths.sum() + self.shorter_lengths.sum())

    @property
    def tokens(self) -> int:
        """Positions of both matrices, padding included."""
        return self.longer.numel() + self.shorter.numel()


@dataclass(frozen=True)
class Epoch:
    """The pairs of one epoch and their batches.

    Attributes
    ----------
    base, partner
        (P,) int64, global rows.
    kind
        (P,) int8: the kind of pair.
    pieces
        (2, P, 3, 2) int64: what the views are put together from; see `augment.parts`.
    lengths
        (2, P) int64: of the views, nt.
    keys
        (2, P) uint64: the keys of the masks.
    plan
        Which pairs make which batch.
    """

    base: Ints
    partner: Ints
    kind: npt.NDArray[np.int8]
    pieces: Ints
    lengths: Ints
    keys: npt.NDArray[np.uint64]
    plan: BatchPlan


class PairDataset:
    """Draws the pairs of an epoch and makes their batches.

    Parameters
    ----------
    corpus, relations
        The same transcripts, in the same order.
    settings
        Pairs, masks and sizes of batches.

    Raises
    ------
    OrthrusError
        Corpus and relations are not of the same transcripts.
    """

    def __init__(self, corpus: Corpus, relations: Relations, settings: PretrainSettings):
        relations.check_digests(zip(corpus.sets, corpus.digests, strict=True))
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

    def is_long(self, bases: Ints) -> npt.NDArray[np.bool_]:
        """Return (n,): whether bases are of the class of long transcripts."""
        long: npt.NDArray[np.bool_] = self.relations.length_class[bases] == LONG
        return long

    def epoch(self, bases: Ints, number: int) -> Epoch:
        """Draw a partner for each base, and plan the batches of training epoch `number`.

        With `batch.strategy` `paper` the bases are of one length class.
        """
        long_size, short_size, _ = self.settings.batch.sizes
        size = long_size if self.is_long(bases[:1]).any() else short_size
        return self._epoch(bases, number, self.kinds, size, augmented=True)

    def held_out(self, bases: Ints) -> Epoch:
        """Return the fixed pairs of validation: partners of any kind, as they are."""
        return self._epoch(bases, 0, KINDS, self.settings.batch.sizes[2], augmented=False)

    def _epoch(
        self, base: Ints, number: int, kinds: tuple[str, ...], size: int, *, augmented: bool
    ) -> Epoch:
        settings = self.settings
        partner, kind = sample_partner(
            base,
            self.relations,
            seed=settings.seed,
            epoch=number,
            kinds=kinds,
            ortholog_probability=settings.augment.ortholog_probability,
        )
        fits = self.corpus.lengths[partner] <= settings.batch.max_length
        partner, kind = np.where(fits, partner, base), np.where(fits, kind, SELF).astype(np.int8)
        pieces = self._pieces(base, partner, kind, number, augmented=augmented)
        lengths = np.stack([augment.lengths(view) for view in pieces])
        rng = np.random.default_rng([settings.seed, number, ORDER_TAG])
        if settings.batch.strategy == "paper":
            plan = plan_sizes(lengths.T, size, rng)
        else:
            plan = plan_batches(lengths.T, settings.batch.tokens, rng)
        keys = np.stack([random_bits(settings.seed, number, base, tag) for tag in VIEW_TAGS])
        return Epoch(base, partner, kind, pieces, lengths, keys, plan)

    def _pieces(
        self,
        base: Ints,
        partner: Ints,
        kind: npt.NDArray[np.int8],
        number: int,
        *,
        augmented: bool,
    ) -> Ints:
        """Return the pieces (2, P, 3, 2) of the views, as they are or with changed UTRs."""
        wanted, seed = self.settings.augment, self.settings.seed
        views = [augment.parts(self.corpus.offsets, self.spans, rows) for rows in (base, partner)]
        if augmented and wanted.combine_utr:
            coding = self.spans[0] >= 0
            chosen = (kind == ORTHOLOG) & coding[base] & coding[partner]
            short, long = wanted.combined_lengths
            limits = np.where(self.is_long(base), long, short)
            limits = np.minimum(limits, self.settings.batch.max_length)
            views[1] = augment.combine_utr(views[0], views[1], chosen, limits)
        if augmented and wanted.drop_utr:
            for side, tags in enumerate(UTR_TAGS):
                first, last = (uniform(random_bits(seed, number, base, tag)) for tag in tags)
                chance = wanted.drop_utr
                views[side] = augment.drop_utrs(views[side], first < chance, last < chance)
        return np.stack(views)

    def batch(self, epoch: Epoch, number: int, *, masked: bool, part: Part = WHOLE) -> Batch:
        """Return batch `number` of an epoch, or a part of it, with or without masks."""
        rank, ranks = part
        pairs = np.array_split(epoch.plan[number], ranks)[rank]
        swapped = epoch.lengths[1, pairs] > epoch.lengths[0, pairs]
        first, second = pairs, pairs + len(epoch.base)
        views = [
            self._views(epoch, np.where(swapped, *sides), masked=masked)
            for sides in ((second, first), (first, second))
        ]
        (long_codes, long_lengths), (short_codes, short_lengths) = views
        arrays: tuple[npt.NDArray[Any], ...] = (
            long_codes,
            short_codes,
            long_lengths,
            short_lengths,
            swapped,
            epoch.kind[pairs].astype(np.int64),
            self.relations.group[epoch.base[pairs]].astype(np.int64),
        )
        return Batch(*map(torch.from_numpy, arrays))

    def _views(self, epoch: Epoch, index: Ints, *, masked: bool) -> tuple[augment.Codes, Ints]:
        """Make the views `index` (n,) of an epoch, of which all first ones come before all second.

        Returns
        -------
        (n, L) uint8
        (n,) int64
            Their lengths, nt.
        """
        lengths, keys = epoch.lengths.reshape(-1)[index], epoch.keys.reshape(-1)[index]
        pieces = np.take(epoch.pieces.reshape(-1, *epoch.pieces.shape[2:]), index, axis=0)
        wanted, objective = self.settings.augment, self.settings.objective
        shares = (wanted.mask_sequence, wanted.mask_tracks) if masked else (0.0, 0.0)
        views = augment.gather(self.corpus.codes, pieces, int(lengths.max()), keys, *shares)
        if objective.mlm_weight:
            augment.hide(views, lengths, keys, objective.mlm_mask)
        return views, lengths
