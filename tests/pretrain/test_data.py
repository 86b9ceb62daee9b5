from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pretrain_helpers import TINY, made_world

from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings
from orthrus.errors import OrthrusError
from orthrus.pretrain import augment
from orthrus.pretrain.data import Batch, PairDataset
from orthrus.relations.index import Relations
from orthrus.relations.pair_kinds import ORTHOLOG, SELF
from orthrus.transcripts.codes import BASE, CODON_START, UNKNOWN
from orthrus.transcripts.corpus import Corpus


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Corpus, Relations]:
    stores, relations = made_world(tmp_path_factory.mktemp("world"))
    return Corpus.open(stores), Relations.open(relations)


def examples(world: tuple[Corpus, Relations], *assignments: str) -> PairDataset:
    return PairDataset(*world, settings(PretrainSettings, [*TINY, *assignments]))


def views(batch: Batch, pair: int) -> tuple[np.ndarray, np.ndarray]:
    """The first and the second view of a pair, without padding."""
    longer = batch.longer[pair, : batch.longer_lengths[pair]].numpy()
    shorter = batch.shorter[pair, : batch.shorter_lengths[pair]].numpy()
    return (shorter, longer) if batch.swapped[pair] else (longer, shorter)


def test_views_are_transcripts_when_nothing_is_augmented(world) -> None:
    made = examples(world, "augment.combine_utr=false")
    epoch = made.epoch(made.bases(), 0)
    seen = 0
    for number in range(len(epoch.plan)):
        batch = made.batch(epoch, number, masked=False)
        for pair, index in enumerate(epoch.plan[number]):
            first, second = views(batch, pair)
            np.testing.assert_array_equal(first, made.corpus[epoch.base[index]])
            np.testing.assert_array_equal(second, made.corpus[epoch.partner[index]])
            kind = ORTHOLOG if made.relations.is_toga[epoch.partner[index]] else batch.kind[pair]
            assert batch.kind[pair] == epoch.kind[index] == kind
            assert batch.groups[pair] == made.relations.group[epoch.base[index]]
            seen += 1
        assert (batch.longer_lengths >= batch.shorter_lengths).all()
        assert (batch.longer.shape[1], batch.shorter.shape[1]) == (
            batch.longer_lengths.max(),
            batch.shorter_lengths.max(),
        )
    assert seen == len(epoch.plan.order)


def test_orthologs_receive_the_utrs_of_their_base(world) -> None:
    made = examples(world, "augment.splice=false")
    epoch = made.epoch(made.bases(), 0)
    assert (epoch.kind == ORTHOLOG).all()
    batch = made.batch(epoch, 0, masked=False)
    for pair in range(len(batch.groups)):
        first, second = views(batch, pair)
        start = int(np.flatnonzero(first & CODON_START)[0])
        assert start > 0
        np.testing.assert_array_equal(first[:start], second[:start])


def test_masks_hide_a_third_of_both_views_alike_for_any_order(world) -> None:
    made = examples(world, "augment.splice=false", "augment.ortholog=false")
    bases = made.bases()
    first = made.epoch(bases, 3)
    second = made.epoch(bases[::-1].copy(), 3)
    assert (first.base == first.partner).all()

    def masked(epoch):
        return {
            int(epoch.base[index]): views(batch, pair)
            for number in range(len(epoch.plan))
            for batch in [made.batch(epoch, number, masked=True)]
            for pair, index in enumerate(epoch.plan[number])
        }

    one, two = masked(first), masked(second)
    for row in one.keys() & two.keys():
        for a, b in zip(one[row], two[row], strict=True):
            np.testing.assert_array_equal(a, b)
            hidden = (a & UNKNOWN != 0) & (made.corpus[row] & UNKNOWN == 0)
            assert hidden.sum() == int(0.3 * len(a))
            assert (a[hidden] & BASE == 0).all()
        assert (one[row][0] != one[row][1]).any()


def test_partners_change_by_epoch(world) -> None:
    made = examples(world)
    epochs = [made.epoch(made.bases(), number) for number in (0, 0, 1)]
    np.testing.assert_array_equal(epochs[0].partner, epochs[1].partner)
    assert (epochs[0].partner != epochs[2].partner).any()


def test_too_long_partners_are_replaced_by_the_base_itself(world) -> None:
    # The two isoforms of the first gene differ in length: only one of them fits.
    one, other = world[0].lengths[:2]
    assert one != other
    made = examples(
        world,
        f"batch.max_length={min(one, other)}",
        "augment.naive=false",
        "augment.ortholog=false",
    )
    bases = made.bases()
    assert set(bases) & {0, 1} == {int(other < one)}
    epoch = made.epoch(bases, 0)
    assert (made.corpus.lengths[bases] <= min(one, other)).all()
    assert epoch.partner[bases < 2] == bases[bases < 2]
    assert epoch.kind[bases < 2] == SELF


def test_utrs_are_lost_by_chance(world) -> None:
    made = examples(world, "augment.drop_utr=1", "augment.combine_utr=false")
    epoch = made.epoch(made.bases(), 0)
    batch = made.batch(epoch, 0, masked=False)
    for pair in range(len(batch.groups)):
        for view in views(batch, pair):
            codons = np.flatnonzero(view & CODON_START)
            assert (codons[0], codons[-1]) == (0, len(view) - 3)
    some = examples(world, "augment.drop_utr=0.5").epoch(made.bases(), 0)
    kept = some.pieces[..., [0, 2], 1] > some.pieces[..., [0, 2], 0]
    assert 0.2 < kept[0].mean() < 0.8


def test_combined_views_keep_to_the_limit_of_their_class(world) -> None:
    made = examples(world, "augment.splice=false", "augment.combined_lengths=[190, 300]")
    epoch = made.epoch(made.bases(), 0)
    partner = made.corpus.lengths[epoch.partner]
    combined = augment.lengths(epoch.pieces[1]) != partner
    assert 0 < combined.sum() < len(partner)
    assert (augment.lengths(epoch.pieces[1])[combined] <= 190).all()


def test_hidden_nucleotides_are_marked_for_masked_modelling_alone(world) -> None:
    made = examples(world, "objective.mlm_weight=0.5")
    epoch = made.epoch(made.bases(), 0)
    batch = made.batch(epoch, 0, masked=True)
    share = (batch.longer & augment.HIDDEN > 0).sum() / batch.longer_lengths.sum()
    assert 0.05 < share < 0.2
    assert not (batch.longer & augment.HIDDEN > 0)[batch.longer & UNKNOWN > 0].any()
    plain = examples(world).batch(epoch, 0, masked=True)
    assert torch.equal(plain.longer, batch.longer & ~augment.HIDDEN)


@pytest.mark.parametrize("ranks", [2, 3])
def test_parts_make_up_a_batch(world, ranks: int) -> None:
    made = examples(world)
    epoch = made.epoch(made.bases(), 0)
    whole = made.batch(epoch, 0, masked=True)
    parts = [made.batch(epoch, 0, masked=True, part=(rank, ranks)) for rank in range(ranks)]
    sizes = [len(part.groups) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    together = [views(part, pair) for part in parts for pair in range(len(part.groups))]
    assert len(together) == len(whole.groups)
    for pair, found in enumerate(together):
        for a, b in zip(found, views(whole, pair), strict=True):
            np.testing.assert_array_equal(a, b)


def test_relations_of_other_stores_are_refused(world, tmp_path: Path) -> None:
    _, relations = made_world(tmp_path, genes=3)
    with pytest.raises(OrthrusError, match="was built from other stores"):
        PairDataset(world[0], Relations.open(relations), settings(PretrainSettings, TINY))
