"""The conformance kit notices what is wrong: each component here breaks one promise."""

import itertools
import random as python_random
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn
from torch.autograd.function import once_differentiable

from gan_lightning.components import Architecture, Augmentation, Dataset, Extracted, Extractor, Loss, Penalty
from gan_lightning.critique import Critique
from gan_lightning.data.samples import Samples
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.metrics.score import Score
from gan_lightning.testing import (
    check_architecture,
    check_augmentation,
    check_dataset,
    check_extractor,
    check_loss,
    check_metric,
    check_penalty,
)
from gan_lightning.testing.toys import TOY_NETWORKS, ToyDiscriminator, ToyGenerator, ToyImages, ToyLoss

# --- Losses -----------------------------------------------------------------------------------------------------------


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
    with pytest.raises(AssertionError, match=r"is what its hook says: expected a subclass of Penalty"):
        check_penalty(ToyLoss)


# --- Penalties --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Steepness(Penalty):
    """A sound penalty on the slope at real samples.

    Args:
        weight: Factor on the term.
        every: Rounds between two applications.
    """

    def __call__(self, play):
        samples = play.real.detach().requires_grad_()
        logits = play.judge(samples, play.real_labels, "real").logits
        (slope,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
        return self.shaped(slope)

    def shaped(self, slope):
        return slope.square().sum()


class Negative(Steepness):
    """Has the wrong sign."""

    def shaped(self, slope):
        return -slope.square().sum()


class Graphless(Steepness):
    """Forgets the graph."""

    def shaped(self, slope):
        return slope.detach().square().sum().requires_grad_()


class Forgetful(Steepness):
    """Draws from torch's global stream."""

    def shaped(self, slope):
        return (slope.square() * torch.rand_like(slope)).sum()


class Bystander(Steepness):
    """Names a player that it does not reach."""

    player: ClassVar[str] = "generator"


PENALTIES = {
    Negative: "is a finite scalar of at least zero: expected a finite number of at least 0",
    Graphless: "reaches the weights of its player: no weight of its player gets a gradient",
    Forgetful: "repeats itself: two terms of the same turn differ",
    Bystander: "reaches the weights of its player",
}


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: penalty.__name__)
def test_faulty_penalties_are_caught(penalty):
    check_penalty(Steepness)
    with pytest.raises(AssertionError, match=PENALTIES[penalty]):
        check_penalty(penalty)


# --- Architectures ----------------------------------------------------------------------------------------------------


class Loud(ToyGenerator):
    """Leaves the range of images."""

    def forward(self, latents, labels=None):
        return 1.5 * super().forward(latents, labels)


class Deaf(ToyGenerator):
    """Hears no labels."""

    def forward(self, latents, labels=None):
        return super().forward(latents, None if labels is None else torch.zeros_like(labels))


class Idle(ToyGenerator):
    """Has a parameter that nothing depends on."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.spare = nn.Parameter(torch.ones(2))


class Cancelled(ToyGenerator):
    """Has a parameter whose effect is multiplied by nothing."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.spare = nn.Parameter(torch.ones(()))

    def forward(self, latents, labels=None):
        return super().forward(latents, labels) + 0 * self.spare


class Hidden(ToyGenerator):
    """Keeps a random tensor outside its state."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.shift = torch.rand(())

    def forward(self, latents, labels=None):
        return super().forward(latents + self.shift, labels)


class Private(ToyGenerator):
    """Begins from a stream of its own."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        nn.init.constant_(self.layers[0].bias, python_random.random())


class Shared(ToyGenerator):
    """Gives its copies the same weights."""

    def __deepcopy__(self, memo):
        return self


class Narrow(ToyGenerator):
    """Knows no shape at all."""

    def __init__(self, data, classes, *, width: int = 16):
        raise UnsupportedShapeError(f"{data.shape} is too much")


class Wordy(ToyGenerator):
    """Refuses points at length."""

    def __init__(self, data, classes, *, width: int = 16):
        if data.kind == "points":
            raise UnsupportedShapeError("no\npoints")
        super().__init__(data, classes, width=width)


class Crashing(ToyGenerator):
    """Does not say that it cannot make points."""

    def __init__(self, data, classes, *, width: int = 16):
        _, _, _ = data.shape
        super().__init__(data, classes, width=width)


class Columns(ToyDiscriminator):
    """Returns a column of logits, which broadcasts against a row."""

    def forward(self, samples, labels=None):
        return Critique(super().forward(samples, labels).logits[:, None])


class Iterating(ToyDiscriminator):
    """Moves the vector of its power iteration whenever it is asked."""

    def __init__(self, data, classes, *, width: int = 16):
        super().__init__(data, classes, width=width)
        self.register_buffer("vector", torch.randn(1, 1))

    def forward(self, samples, labels=None):
        self.vector.add_(0.1)
        return super().forward(samples, labels)


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return x * 1.0

    @staticmethod
    @once_differentiable
    def backward(context, gradient):
        return gradient


class OnceDifferentiable(ToyDiscriminator):
    """Has a layer without a second derivative."""

    def forward(self, samples, labels=None):
        return super().forward(_Once.apply(samples), labels)


class NotInHalf(ToyDiscriminator):
    """Overflows in low precision."""

    def forward(self, samples, labels=None):
        made = super().forward(samples, labels)
        return Critique(made.logits * (float("inf") if torch.is_autocast_enabled("cpu") else 1.0))


NETWORKS = {
    Loud: "makes samples like the data",
    Deaf: "listens to labels: generator at .* with labels: other labels change nothing",
    Idle: "trains every parameter: .*parameter spare gets no gradient",
    Cancelled: "trains every parameter: .*the gradient of parameter spare is zero",
    Hidden: "is rebuilt from its state: .*a network with the same state answers otherwise",
    Private: r"begins the same from the same seed: generator: layers\.0\.bias differs",
    Shared: "can be copied and averaged: .*a copy changes with the original",
    Narrow: "takes a shape and refuses others in one line: generator accepts none",
    Wordy: "takes a shape and refuses others in one line: generator refuses .* in more than one line",
    Crashing: "takes a shape and refuses others in one line: ValueError",
    Columns: r"gives a logit for each sample: .*expected logits \[4\]",
    Iterating: "keeps its state in evaluation: .*vector changes in evaluation mode",
    OnceDifferentiable: "differentiates twice: RuntimeError",
    NotInHalf: "runs in bfloat16: .*outputs are not finite",
}


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_faulty_networks_are_caught(network):
    roles = dict(TOY_NETWORKS.roles)
    roles["generator" if issubclass(network, ToyGenerator) else "discriminator"] = network
    with pytest.raises(AssertionError, match=NETWORKS[network]):
        check_architecture(Architecture(roles), "faulty")


def test_sound_networks_pass():
    check_architecture(TOY_NETWORKS, "sound")


# --- Data sets --------------------------------------------------------------------------------------------------------

_counter = itertools.count()


class Doubles(ToyImages):
    """Gives doubles."""

    def load(self, cache):
        return _changed(super().load(cache), values=super().load(cache).values.double())


class Misnamed(ToyImages):
    """Has more classes than names."""

    def load(self, cache):
        return _changed(super().load(cache), class_names=("one", "two"))


class Restless(ToyImages):
    """Is another data set every time."""

    def load(self, cache):
        return _changed(super().load(cache), fingerprint=str(next(_counter)))


class Empty(Dataset):
    """Has nothing."""

    def load(self, cache):
        return Samples(torch.empty(0, 1, 4, 4, dtype=torch.uint8), None, "nothing", "nothing")


def _changed(samples, **changes):
    return Samples(**{**vars(samples), **changes})


DATASETS = {
    Doubles: "loads images or points: expected uint8 images or float32 points",
    Misnamed: "labels every sample with a class it names: there is a label 2, but only 2 class names",
    Restless: "loads the same again: two loads have different fingerprints",
    Empty: "loads images or points: there are no samples",
}


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.__name__)
def test_faulty_datasets_are_caught(dataset):
    check_dataset(ToyImages)
    with pytest.raises(AssertionError, match=DATASETS[dataset]):
        check_dataset(dataset)


# --- Augmentations ----------------------------------------------------------------------------------------------------


class Brightness(Augmentation):
    """A sound augmentation."""

    def __call__(self, images, random):
        return images + random.uniform("brightness", len(images), 1, 1, 1)


class Cropping(Brightness):
    """Makes images smaller."""

    def __call__(self, images, random):
        return super().__call__(images, random)[..., 1:]


class Blocking(Brightness):
    """Lets no gradient through."""

    def __call__(self, images, random):
        return super().__call__(images.detach(), random) + 0 * images


class Global(Brightness):
    """Draws from torch's global stream."""

    def __call__(self, images, random):
        return images + torch.rand(len(images), 1, 1, 1)


class Fixed(Brightness):
    """Is the same in every turn."""

    def __call__(self, images, random):
        return images + 0.1


class Together(Brightness):
    """Draws one number for this process's images."""

    def __call__(self, images, random):
        return images + torch.rand((), generator=random.generator("all")) * images.mean()


AUGMENTATIONS = {
    Cropping: "keeps the shape",
    Blocking: "lets gradients through: an image gets no gradient",
    Global: "is a function of the position: the same position gives another result",
    Fixed: "is a function of the position: another position gives the same result",
    Together: "is the same on many processes",
}


@pytest.mark.parametrize("augmentation", AUGMENTATIONS, ids=lambda augmentation: augmentation.__name__)
def test_faulty_augmentations_are_caught(augmentation):
    check_augmentation(Brightness)
    with pytest.raises(AssertionError, match=AUGMENTATIONS[augmentation]):
        check_augmentation(augmentation)


# --- Metrics ----------------------------------------------------------------------------------------------------------


class MeanGap(Score):
    """A sound metric: distance of the means."""

    better: ClassVar = {"gap": "lower"}
    full_state_update = False

    def __init__(self) -> None:
        super().__init__()
        self.add_state("real", [], dist_reduce_fx="cat")
        self.add_state("fake", [], dist_reduce_fx="cat")

    def update(self, view, real):
        (self.real if real else self.fake).append(view)

    def compute(self):
        return {"gap": (torch.cat(self.real).mean(dim=0) - torch.cat(self.fake).mean(dim=0)).norm()}


class Renamed(MeanGap):
    """Promises another value."""

    better: ClassVar = {"distance": "lower"}


class Inverted(MeanGap):
    """Says that far is good."""

    better: ClassVar = {"gap": "higher"}


class Remembering(MeanGap):
    """Keeps samples when it is reset."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = []

    def update(self, view, real):
        if not real:
            self.kept.append(view)
        super().update(view, real)

    def compute(self):
        return {"gap": (torch.cat(self.real).mean(dim=0) - torch.cat(self.kept).mean(dim=0)).norm()}


class Batchwise(MeanGap):
    """Averages batches of different sizes alike."""

    def compute(self):
        real, fake = (torch.stack([part.mean(dim=0).square() for part in side]) for side in (self.real, self.fake))
        return {"gap": (real.mean(dim=0) - 0.9 * fake.mean(dim=0)).norm()}


class Drawing(MeanGap):
    """Shuffles with torch's global stream."""

    def compute(self):
        torch.randperm(3)
        return super().compute()


METRICS = {
    Renamed: r"gives the values it names: `better` names \['distance'\], `compute` returns \['gap'\]",
    Inverted: "prefers good samples: gap",
    Remembering: "forgets when it is reset: after reset it gives gap",
    Batchwise: "does not mind how samples come: in one batch it gives gap",
    Drawing: "leaves global random state alone: it draws from torch's global stream",
}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.__name__)
def test_faulty_metrics_are_caught(metric):
    check_metric(MeanGap)
    with pytest.raises(AssertionError, match=METRICS[metric]):
        check_metric(metric)


# --- Extractors -------------------------------------------------------------------------------------------------------


class Pixels(Extractor):
    """A sound extractor: the corner's pixels."""

    def __call__(self, images):
        return Extracted(images[:, 0, :4, :4].flatten(1).float())

    def protocol(self):
        return {"extractor": "pixels", "weights_sha256": "0" * 64, "resize": "none"}


class Contagious(Pixels):
    """Normalises over the batch."""

    def __call__(self, images):
        features = super().__call__(images).features
        return Extracted(features - features.mean(dim=0))


class Anonymous(Pixels):
    """Does not say which weights it has."""

    def protocol(self):
        return {"extractor": "pixels", "resize": "none"}


class Trainable(nn.Module, Pixels):
    """Would be trained and saved."""

    __call__ = Pixels.__call__


EXTRACTORS = {
    Contagious: "sees each image alone: an image alone gives other features",
    Anonymous: "tells its protocol: its protocol has no weights_sha256",
    Trainable: "is no part of what is trained: it is an nn.Module",
}


@pytest.mark.parametrize("extractor", EXTRACTORS, ids=lambda extractor: extractor.__name__)
def test_faulty_extractors_are_caught(extractor):
    check_extractor(Pixels)
    with pytest.raises(AssertionError, match=EXTRACTORS[extractor]):
        check_extractor(extractor)


def test_relu_discriminators_pass_the_second_derivative():
    class Kinked(ToyDiscriminator):
        """Has ReLUs, whose second derivative is zero almost everywhere."""

        def __init__(self, data, classes, *, width: int = 16):
            super().__init__(data, classes, width=width)
            self.body[1] = nn.ReLU()

    check_architecture(Architecture({**TOY_NETWORKS.roles, "discriminator": Kinked}), "kinked")
