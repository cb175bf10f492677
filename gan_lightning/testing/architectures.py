"""What architectures promise: what their networks return, and that they live with everything around them."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from gan_lightning.abilities import Growing
from gan_lightning.components import Architecture, Discriminator, Generator
from gan_lightning.ema import EMA
from gan_lightning.errors import UnsupportedShapeError
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.subject import Promise, Subject, require
from gan_lightning.testing.trials import BATCH, SHAPES, Trial, build, trials


def check_architecture(architecture: Architecture, /, name: str = "", **settings: Any) -> None:
    """Check an architecture; `settings` are options by role, such as ``generator={"depth": 2}``."""
    keep_all("architecture", architecture, PROMISES, name, settings)


def takes_a_shape_and_refuses_others(subject: Subject) -> None:
    """Each network accepts one of the kit's shapes or more; the others raise an `UnsupportedShapeError`."""
    for role in subject.component.roles:
        refusals = []
        for shape in SHAPES:
            try:
                build(subject, role, shape, classes=0)
            except UnsupportedShapeError as error:
                refusals.append(str(error))
        require(len(refusals) < len(SHAPES), f"{role} accepts none of {SHAPES}: {refusals[:1]}")


def makes_samples_like_the_data(subject: Subject) -> None:
    """Generators return finite samples of the data's shape, images in [-1, 1] unless they say otherwise."""
    for trial in trials(subject, Generator, everywhere=True):
        (made,) = trial.outputs()
        wanted = (BATCH, *trial.spec.shape)
        require(made.shape == wanted, f"{trial.label}: expected shape {wanted}, got {tuple(made.shape)}")
        require(bool(made.isfinite().all()), f"{trial.label}: samples are not finite")
        free = trial.spec.kind != "images" or not trial.network.bounded
        within = free or bool(made.abs().max() <= 1)
        require(within, f"{trial.label}: values reach {made.abs().max().item():.3g}, expected [-1, 1]")


def gives_a_logit_for_each_sample(subject: Subject) -> None:
    """Discriminators return finite logits ``[N]``, or ``[N, ...]`` of patches, with a gradient to the samples."""
    for trial in trials(subject, Discriminator, everywhere=True):
        logits = trial.outputs()[0]
        shape = tuple(logits.shape)
        fits = shape[:1] == (BATCH,) and len(shape) != 2
        require(fits, f"{trial.label}: expected logits [{BATCH}], or [{BATCH}, C, H, W] of patches, got {list(shape)}")
        require(bool(logits.isfinite().all()), f"{trial.label}: logits are not finite")


def listens_to_labels(subject: Subject) -> None:
    """Networks that are built with classes answer other labels otherwise."""
    for trial in trials(subject):
        if trial.labels is not None:
            trial.network.eval()
            first, other = trial.outputs()[0], trial.outputs(labels=trial.labels.roll(1))[0]
            require(not torch.equal(first, other), f"{trial.label}: other labels change nothing")


def trains_every_parameter(subject: Subject) -> None:
    """Every parameter gets a finite gradient that is not zero from some of what the network tells."""
    for trial in trials(subject):
        torch.stack([_weighted(part) for part in _at_every_size(trial)]).sum().backward()  # type: ignore[no-untyped-call]
        for name, weight in trial.network.named_parameters():
            require(weight.grad is not None, f"{trial.label}: parameter {name} gets no gradient")
            assert weight.grad is not None
            require(bool(weight.grad.any()), f"{trial.label}: the gradient of parameter {name} is zero")
            require(bool(weight.grad.isfinite().all()), f"{trial.label}: the gradient of {name} is not finite")


def differentiates_twice(subject: Subject) -> None:
    """A penalty on the discriminator's gradient by its samples has finite gradients by its weights."""
    for trial in trials(subject, Discriminator):
        samples = trial.inputs.clone().requires_grad_()
        logits = trial.network(samples, trial.labels).logits
        (slope,) = torch.autograd.grad(logits.sum(), samples, create_graph=True)
        slope.square().sum().backward()  # type: ignore[no-untyped-call]
        gradients = [weight.grad for weight in trial.network.parameters() if weight.grad is not None]
        require(any(bool(gradient.any()) for gradient in gradients), f"{trial.label}: no weight feels the penalty")
        require(all(bool(part.isfinite().all()) for part in gradients), f"{trial.label}: a gradient is not finite")


def is_rebuilt_from_its_state(subject: Subject) -> None:
    """A network with another beginning that takes the state gives the same outputs."""
    for trial in trials(subject):
        trial.outputs()  # in training mode, so that buffers move
        twin = build(subject, trial.role, trial.spec.shape, trial.spec.classes, seed=9)
        twin.load_state_dict(trial.network.state_dict())
        _require_same(trial, trial.network.eval(), twin.eval(), "a network with the same state answers otherwise")


def begins_the_same_from_the_same_seed(subject: Subject) -> None:
    """Weights and buffers are a function of torch's seed."""
    for role, shape in product(subject.component.roles, SHAPES):
        try:
            first, second = (build(subject, role, shape, classes=0).state_dict() for _ in range(2))
        except UnsupportedShapeError:
            continue
        for name, value in first.items():
            require(torch.equal(value, second[name]), f"{role}: {name} differs between two networks of one seed")
        break


def can_be_copied_and_averaged(subject: Subject) -> None:
    """A deep copy is equal and independent, and the average of a network can be kept and used."""
    for trial in trials(subject):
        copy = deepcopy(trial.network)
        average = EMA({"it": trial.network})
        before = [part.detach().clone() for part in trial.outputs(copy.eval())]
        with torch.no_grad():
            for weight in trial.network.parameters():
                weight.mul_(0.5)
        after = trial.outputs(copy)
        same = all(torch.equal(*pair) for pair in zip(before, after, strict=True))
        require(same, f"{trial.label}: a copy changes with the original")
        trial.outputs()
        average.update(updates=1, batch=BATCH, images=BATCH)
        answers = trial.outputs(average.networks["it"])
        require(all(bool(part.isfinite().all()) for part in answers), f"{trial.label}: its average answers NaN")


def runs_in_bfloat16(subject: Subject) -> None:
    """Outputs and gradients are finite under bfloat16 autocast."""
    for trial in trials(subject):
        with torch.autocast("cpu", torch.bfloat16):
            outputs = trial.outputs()
        require(all(bool(part.isfinite().all()) for part in outputs), f"{trial.label}: outputs are not finite")
        outputs[0].float().sum().backward()  # type: ignore[no-untyped-call]
        gradients = [weight.grad for weight in trial.network.parameters() if weight.grad is not None]
        require(all(bool(part.isfinite().all()) for part in gradients), f"{trial.label}: gradients are not finite")


def keeps_its_state_in_evaluation(subject: Subject) -> None:
    """In evaluation mode no buffer changes, and two answers to the same input are equal."""
    for trial in trials(subject):
        trial.network.eval()
        before = {name: value.clone() for name, value in trial.network.state_dict().items()}
        first, second = trial.outputs(), trial.outputs()
        changed = [name for name, value in trial.network.state_dict().items() if not torch.equal(value, before[name])]
        require(not changed, f"{trial.label}: {', '.join(changed)} changes in evaluation mode")
        same = all(torch.equal(*pair) for pair in zip(first, second, strict=True))
        require(same, f"{trial.label}: the same input is answered differently")


PROMISES: tuple[Promise, ...] = (
    takes_a_shape_and_refuses_others,
    makes_samples_like_the_data,
    gives_a_logit_for_each_sample,
    listens_to_labels,
    trains_every_parameter,
    differentiates_twice,
    is_rebuilt_from_its_state,
    begins_the_same_from_the_same_seed,
    can_be_copied_and_averaged,
    runs_in_bfloat16,
    keeps_its_state_in_evaluation,
)


def _at_every_size(trial: Trial) -> list[Tensor]:
    """Return what a network tells at all sizes that it can work at."""
    network = trial.network
    if not isinstance(network, Growing):
        return trial.outputs()
    told: list[Tensor] = []
    for depth in range(network.doublings + 1):
        network.grow(depth, 0.5)
        makes = isinstance(network, Generator)
        seen = trial.inputs if makes else avg_pool2d(trial.inputs, 2 ** (network.doublings - depth))
        told.extend(replace(trial, inputs=seen).outputs())
    return told


def _weighted(part: Tensor) -> Tensor:
    """Sum with random weights: a plain sum is blind to weights whose effects cancel out."""
    torch.manual_seed(4)
    return (part * torch.randn_like(part)).sum()


def _require_same(trial: Trial, first: nn.Module, second: nn.Module, otherwise: str) -> None:
    pairs = zip(trial.outputs(first), trial.outputs(second), strict=True)
    require(all(torch.equal(*pair) for pair in pairs), f"{trial.label}: {otherwise}")
