"""The multi-class hinge loss, and labels that are smoothed on one side."""

from __future__ import annotations

import pytest
import torch
from critics import CATALOG, Affine, Bent, make_game
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_lightning.critique import Critique
from gan_lightning.data.spec import DataSpec
from gan_lightning.errors import UserError


def loss(name, **options):
    return CATALOG.find("loss", name).component(**options)


def told(rows, labels):
    outputs = torch.tensor(rows, requires_grad=True)
    return outputs, Critique(torch.zeros(len(rows)), labels=torch.tensor(labels), extras={"multi_hinge": outputs})


def test_margins_are_to_the_largest_of_the_other_outputs():
    """Two classes and the output for generated samples."""
    _, real = told([[2.0, 0.5, -1.0], [0.0, 0.5, 0.25]], [0, 1])
    _, fake = told([[0.0, -1.0, 0.5], [-3.0, -3.0, 0.0]], [0, 1])
    value = loss("multi_hinge").discriminator(real, fake)
    assert float(value) == pytest.approx((0.0 + 0.75) / 2 + (0.5 + 0.0) / 2)
    assert float(loss("multi_hinge").generator(real, fake)) == pytest.approx((1.5 + 4.0) / 2)
    assert loss("multi_hinge").scores(real).tolist() == [3.0, 0.25]


def test_the_generator_is_drawn_to_its_class_and_from_the_largest_other():
    outputs, fake = told([[0.0, -1.0, 0.5]], [1])
    loss("multi_hinge").generator(fake, fake).backward()
    assert outputs.grad.tolist() == [[0.0, -1.0, 1.0]]


def test_one_output_more_than_classes_and_no_game_without():
    assert loss("multi_hinge").heads(DataSpec((4,), (1, 1), kind="points")) == {"multi_hinge": 3}
    with pytest.raises(UserError, match=r"^loss: it reads the classes of samples; set game\.conditional to true$"):
        make_game(Bent(), Affine(), loss="multi_hinge", data=DataSpec((4,), (1, 1), kind="points"))


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_only_labels_of_real_samples_are_smoothed(name):
    real, fake = (Critique(torch.tensor(logits)) for logits in ([2.0, -1.0, 0.5], [0.3, -2.0]))
    plain, smooth = loss(name), loss(name, smoothing=0.1)
    cross = binary_cross_entropy_with_logits
    wanted = cross(real.logits, torch.full((3,), 0.9)) + cross(fake.logits, torch.zeros(2))
    torch.testing.assert_close(smooth.discriminator(real, fake), wanted)
    assert torch.equal(smooth.generator(real, fake), plain.generator(real, fake))
    assert torch.equal(loss(name, smoothing=0.0).discriminator(real, fake), plain.discriminator(real, fake))


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_the_best_discriminator_is_as_sure_as_the_label(name):
    """Where nothing is generated, the derivative is zero at sigmoid(r) = 0.9."""
    logits = torch.logit(torch.tensor([0.9])).requires_grad_()
    fake = Critique(torch.tensor([-1e4]))
    loss(name, smoothing=0.1).discriminator(Critique(logits), fake).backward()
    assert float(logits.grad) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_labels_that_are_none(smoothing):
    with pytest.raises(UserError, match=r"^loss\.smoothing: expected a number from 0 to below 1"):
        loss("minimax", smoothing=smoothing)
