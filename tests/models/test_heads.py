"""The head for masked nucleotides."""

from __future__ import annotations

import pytest
import torch

from orthrus.models.heads import MLMHead, Projector


def test_names_shapes_and_count_are_the_published():
    head = MLMHead(512)
    assert sum(parameter.numel() for parameter in head.parameters()) == 529_408
    shapes = {name: tuple(value.shape) for name, value in head.named_parameters()}
    assert shapes == {
        "fc1.weight": (512, 512),
        "fc1.bias": (512,),
        "norm1.weight": (512,),
        "norm1.bias": (512,),
        "fc2.weight": (512, 512),
        "fc2.bias": (512,),
        "norm2.weight": (512,),
        "norm2.bias": (512,),
        "fc3.weight": (4, 512),
    }


def test_predicts_every_position_alone():
    head = MLMHead(32, 16).eval()
    hidden = torch.randn(2, 5, 32)
    logits = head(hidden)
    assert logits.shape == (2, 5, 4)
    torch.testing.assert_close(head(hidden[1, 3][None])[0], logits[1, 3])


def test_statistics_are_of_the_positions_given():
    hidden = torch.randn(2, 5, 32)
    whole, flat = MLMHead(32, 16), MLMHead(32, 16)
    flat.load_state_dict(whole.state_dict())
    assert torch.equal(whole(hidden).view(10, 4), flat(hidden.view(10, 32)))
    assert torch.equal(whole.norm1.running_mean, flat.norm1.running_mean)


@pytest.mark.parametrize(("width", "count"), [(256, 461_824), (512, 592_896)])
def test_parameter_counts_are_the_published(width, count):
    assert sum(parameter.numel() for parameter in Projector(width).parameters()) == count


def test_projects_to_128():
    assert Projector(32)(torch.rand(4, 32)).shape == (4, 128)
