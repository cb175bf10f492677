"""The conformance kit notices losses that break what they promise: each here breaks one promise."""

from dataclasses import dataclass

import pytest
import torch

from gan_lightning.catalog import Catalog
from gan_lightning.components import Loss
from gan_lightning.plugins import Plugin
from gan_lightning.testing import (
    check,
    check_loss,
    check_penalty,
    component_cases,
)
from gan_lightning.testing.toys import ToyLoss


class FlippedDiscriminator(ToyLoss):
    """Low means real."""

    def discriminator(self, real, fake):
        return super().discriminator(fake, real)


class FlippedGenerator(ToyLoss):
    """The generator is taught to be found out."""

    def generator(self, real, fake):
        return -super().generator(real, fake)


class Unreduced(ToyLoss):
    """One value a sample."""

    def generator(self, real, fake):
        return -fake.logits


class Detached(ToyLoss):
    """A factor that depends on the logits is treated as a constant."""

    def generator(self, real, fake):
        return -(fake.logits * fake.logits.detach().exp()).mean()


class Overflowing(ToyLoss):
    """The exponential of the exponential of a logit."""

    def discriminator(self, real, fake):
        return (-real.logits).exp().mean() + fake.logits.exp().exp().mean() + (-real.logits.square()).exp().mean() * 0

    def generator(self, real, fake):
        return (-fake.logits).exp().exp().mean()


class Paired(ToyLoss):
    """Subtracts batches of any size."""

    def generator(self, real, fake):
        return -(fake.logits - real.logits).mean()


class Undocumented(ToyLoss):
    def generator(self, real, fake):
        return super().generator(real, fake)


Undocumented.__doc__ = None


@dataclass(frozen=True)
class NamelessOption(ToyLoss):
    """Has an option that no text explains."""

    margin: float = 1.0


@dataclass(frozen=True)
class MistypedDefault(ToyLoss):
    """Has a default that a recipe could not give.

    Args:
        margin: A whole number.
    """

    margin: int = 1.5


class Half(Loss):
    """Lacks a method."""

    def discriminator(self, real, fake):
        return fake.logits.mean()


LOSSES = {
    FlippedDiscriminator: "teaches the discriminator: it does not raise the logits of real samples",
    FlippedGenerator: "teaches the generator: it does not raise the logits of generated samples",
    Unreduced: "gives finite scalars: generator: expected a scalar",
    Detached: "has the gradient of its value: GradcheckError",
    Overflowing: "takes bfloat16: generator: inf is not finite",
    Paired: "takes unequal batches or says why not: RuntimeError",
    Undocumented: "says what it is: Undocumented has no docstring",
    NamelessOption: "documents its options: option margin of NamelessOption has no text",
    MistypedDefault: "has defaults that a recipe may write: OptionError: MistypedDefault.margin",
    Half: "is what its hook says: abstract methods are missing: generator",
}


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_faulty_losses_are_caught(loss):
    with pytest.raises(AssertionError, match=LOSSES[loss]) as caught:
        check_loss(loss)
    assert str(caught.value).startswith(f"loss {loss.__name__!r}: ")


def test_a_sound_loss_passes_and_random_state_is_untouched():
    before = torch.get_rng_state()
    check_loss(ToyLoss)
    assert torch.equal(before, torch.get_rng_state())


def test_another_kind_of_component_is_caught():
    with pytest.raises(AssertionError, match=r"is what its hook says: expected a subclass of Rule"):
        check_penalty(ToyLoss)


def test_a_module_that_exits_when_it_is_imported_is_caught(tmp_path, monkeypatch):
    (tmp_path / "quitting_part.py").write_text("import sys; sys.exit(0)")
    monkeypatch.syspath_prepend(str(tmp_path))
    offered = {"loss": {"quitting": "quitting_part:Loss"}}
    first, *_ = component_cases("losses", catalog=Catalog([Plugin("mine", "mine", "1", components=offered)]))
    with pytest.raises(AssertionError, match="loss 'quitting': is what its hook says"):
        check(first)
