from __future__ import annotations

import itertools
import threading
import time

import numpy as np
import pytest
from pretrain_helpers import TINY, made_world

from orthrus.config import settings
from orthrus.config.pretrain import PretrainSettings
from orthrus.errors import OrthrusError
from orthrus.pretrain.data import Batch, PairDataset
from orthrus.pretrain.loader import AHEAD, TrainingBatches, prefetch
from orthrus.relations.index import Relations
from orthrus.transcripts.corpus import Corpus

PAPER = ("batch.strategy=paper", "batch.sizes=[3, 5, 4]")
LONG = 200
"""Made transcripts of this length and more count as long."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Corpus, Relations]:
    stores, folder = made_world(tmp_path_factory.mktemp("world"))
    relations = Relations.open(folder)
    relations.length_class = (relations.lengths >= LONG).astype(np.int8)
    return Corpus.open(stores), relations


def batches(world, steps: int, *assignments: str, rank: int = 0, ranks: int = 1) -> TrainingBatches:
    made = PairDataset(*world, settings(PretrainSettings, [*TINY, *assignments]))
    return TrainingBatches(made, made.bases(), steps, rank, ranks)


def assert_same(one: Batch, other: Batch) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("start", [0, 1, 7, 19, 20])
@pytest.mark.parametrize("strategy", [(), PAPER])
def test_batches_of_a_step_do_not_depend_on_the_start(world, start: int, strategy) -> None:
    whole = list(batches(world, 20, *strategy))
    resumed = batches(world, 20, *strategy)
    resumed.load_state_dict({"delivered": start})
    rest = list(resumed)
    assert resumed.state_dict() == {"delivered": 20}
    assert len(rest) == 20 - start
    for expected, batch in zip(whole[start:], rest, strict=True):
        assert_same(expected, batch)


def test_all_ranks_together_take_the_batches_of_one(world) -> None:
    alone = list(batches(world, 12))
    two = [list(batches(world, 12, rank=rank, ranks=2)) for rank in range(2)]
    for whole, *parts in zip(alone, *two, strict=True):
        groups = np.concatenate([part.groups for part in parts])
        np.testing.assert_array_equal(groups, whole.groups)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_one_of_four_batches_is_long_as_published(world, ranks: int) -> None:
    every = [list(batches(world, 8, *PAPER, rank=rank, ranks=ranks)) for rank in range(ranks)]
    slots = [batch for step in zip(*every, strict=True) for batch in step]
    alone = list(batches(world, len(slots), *PAPER))
    for slot, (batch, expected) in enumerate(zip(slots, alone, strict=True)):
        assert_same(batch, expected)
        # Long bases may have short partners.
        long = (batch.longer_lengths >= LONG).all()
        assert long == (slot % 4 == 0)
        assert len(batch.groups) == (3 if long else 5)


def test_outlook(world) -> None:
    tokens, paper = batches(world, 1), batches(world, 1, *PAPER, ranks=4)
    plan = tokens.examples.epoch(tokens.bases, 0).plan
    assert tokens.outlook() == {
        "batches_per_epoch": len(plan),
        "pairs_per_step": round(len(plan.order) / len(plan), 2),
        "negatives_per_view": round(2 * (len(plan.order) / len(plan) - 1), 2),
        "padding_efficiency": round(plan.efficiency, 4),
    }
    assert paper.outlook()["pairs_per_step"] == 3 + 3 * 5
    assert paper.outlook()["negatives_per_view"] == 2 * 17


def test_too_few_tokens_for_so_many_ranks(world) -> None:
    with pytest.raises(OrthrusError, match=r"batch\.tokens: 2000 gives some .* set it to 4800 or"):
        list(batches(world, 2, rank=0, ranks=8))


def test_too_few_transcripts_of_a_class(world) -> None:
    made = batches(world, 2, *PAPER)
    made.bases = made.bases[~made.examples.is_long(made.bases)][:1]
    with pytest.raises(OrthrusError, match=r"batch\.strategy: paper needs two or more"):
        list(made)


def test_the_thread_stays_a_little_ahead_and_ends_with_the_iteration() -> None:
    made = []

    def numbers():
        for number in itertools.count():
            made.append(number)
            yield number

    found = prefetch(numbers)
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    deadline = time.monotonic() + 10
    while len(made) < 3 + AHEAD + 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(made) == 3 + AHEAD + 1
    found.close()
    assert "batches" not in {thread.name for thread in threading.enumerate()}


def test_faults_of_the_thread_are_raised() -> None:
    def numbers():
        yield 1
        raise OrthrusError("no more")

    found = prefetch(numbers)
    assert next(found) == 1
    with pytest.raises(OrthrusError, match="no more"):
        next(found)
