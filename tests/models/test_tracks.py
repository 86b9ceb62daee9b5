"""Decoding of code bytes to tracks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from orthrus.models.tracks import tracks
from orthrus.transcripts.codes import TRACKS, decode


@pytest.mark.parametrize("n_tracks", [4, 6])
def test_tracks_equal_the_store_s_decoding(n_tracks):
    valid = np.array([b | m for b in (0, 1, 2, 3, 4) for m in (0, 8, 16, 24)], dtype=np.uint8)
    found = tracks(torch.from_numpy(valid)[None], n_tracks)
    assert found.dtype == torch.float32
    np.testing.assert_array_equal(found[0].numpy(), decode(valid)[:, :n_tracks])


def test_padding_is_zeros():
    assert not tracks(torch.full((2, 3), 4, dtype=torch.uint8), 6).any()
    assert TRACKS.shape == (256, 6)
