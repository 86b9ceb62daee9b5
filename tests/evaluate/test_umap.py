from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from evaluate_helpers import write_test_store

from orthrus.config.evaluate import UmapSettings
from orthrus.errors import OrthrusError
from orthrus.evaluate import umap as stage
from orthrus.transcripts.store import Store

#        ACGTN        GGC                AAA, all unknown
CODES = [b"\0\1\2\3\4", b"\2\2\1\0\0\3\4\4", b"\0\0\0", b"\4\4"]


def test_properties(tmp_path: Path) -> None:
    store = Store.open(write_test_store(tmp_path / "s.zarr", CODES))
    found = stage.properties(store, np.array([0, 1, 3]))
    assert found["transcript_id"].to_list() == ["T0", "T1", "T3"]
    assert found["length"].to_list() == [5, 8, 2]
    assert found["cds_length"].to_list() == [0, 6, 0]
    assert found["exons"].to_list() == [1, 1, 1]
    assert found["gc"].to_list() == [0.5, 0.5, 0.0]


def test_sample_is_all_or_a_seeded_part() -> None:
    assert stage.sample(5, UmapSettings(max_points=5)).tolist() == [0, 1, 2, 3, 4]
    settings = UmapSettings(max_points=4, seed=1)
    rows = stage.sample(100, settings)
    assert len(set(rows.tolist())) == 4
    assert rows.tolist() == sorted(rows) == stage.sample(100, settings).tolist()


def test_layout_separates_clusters_and_repeats() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 5)).astype(np.float32)
    vectors[30:] += 50
    settings = UmapSettings(neighbors=5, seed=2)
    points = stage.layout(vectors, settings)
    np.testing.assert_array_equal(points, stage.layout(vectors, settings))
    gap = np.linalg.norm(points[:30].mean(axis=0) - points[30:].mean(axis=0))
    assert gap > points[:30].std()


def test_too_few_points() -> None:
    with pytest.raises(OrthrusError, match="5 embeddings are too few for a map with neighbors=15"):
        stage.layout(np.zeros((5, 2), dtype=np.float32), UmapSettings())
