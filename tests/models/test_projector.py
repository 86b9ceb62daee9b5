"""The projection head."""

from __future__ import annotations

import pytest
import torch

from orthrus.models.projector import Projector


@pytest.mark.parametrize(("width", "count"), [(256, 461_824), (512, 592_896)])
def test_parameter_counts_are_the_published(width, count):
    assert sum(parameter.numel() for parameter in Projector(width).parameters()) == count


def test_projects_to_128():
    assert Projector(32)(torch.rand(4, 32)).shape == (4, 128)
