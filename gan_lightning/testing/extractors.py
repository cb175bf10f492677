"""What extractors promise, tried without a network connection."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from gan_lightning.components import Extracted, Extractor
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning.testing.general import keep_all
from gan_lightning.testing.subject import Promise, Subject, require

_COUNT = 3


def check_extractor(extractor: type[Extractor], /, name: str = "", **settings: Any) -> None:
    """Check an extractor; `settings` are options to construct it with."""
    keep_all("extractor", extractor, PROMISES, name, settings)


def missing_weights(subject: Subject) -> str | None:
    """Return why an extractor cannot be tried: what it says when its weights are neither installed nor downloadable."""
    with offline():
        try:
            subject.make()(_images(1))
        except (UserError, OSError) as error:
            return f"its weights are not installed: {error}"
    return None


@contextmanager
def offline() -> Iterator[None]:
    """Let every new network connection fail meanwhile."""
    refuse = OSError("no network in conformance checks")
    names = patch.object(socket, "getaddrinfo", side_effect=refuse)
    connections = patch.object(socket.socket, "connect", side_effect=refuse)
    with names, connections:
        yield


def extracts_finite_features(subject: Subject) -> None:
    """Gray and colour images of any size give finite features ``[N, D]``, and logits ``[N, K]`` if it has classes."""
    extractor = subject.make()
    for channels in (1, 3):
        found: Extracted = extractor(_images(channels))
        for name, part in (("features", found.features), ("logits", found.logits)):
            if part is None:
                continue
            fits = part.dim() == 2 and len(part) == _COUNT and part.is_floating_point()
            require(fits, f"{name}: expected floats [{_COUNT}, D], got {part.dtype} {list(part.shape)}")
            require(bool(part.isfinite().all()), f"{name} are not finite")


def sees_each_image_alone(subject: Subject) -> None:
    """Features are a function of the image: not of its neighbours in the batch, nor of anything random."""
    extractor, images = subject.make(), _images(3)
    whole, alone = extractor(images).features, extractor(images[1:2]).features
    require(torch.allclose(whole[1:2], alone, rtol=1e-3, atol=1e-4), "an image alone gives other features")
    require(not torch.allclose(whole[:1], whole[1:2]), "different images give the same features")


def is_no_part_of_what_is_trained(subject: Subject) -> None:
    """It is a plain object whose features carry no graph, and building it shifts no random stream."""
    before = torch.get_rng_state()
    extractor = subject.make()
    found = extractor(_images(3))
    require(not isinstance(extractor, nn.Module), "it is an nn.Module and would slip into the checkpoint")
    require(not found.features.requires_grad, "its features ask for gradients")
    require(torch.equal(before, torch.get_rng_state()), "it draws from torch's global stream")


def tells_its_protocol(subject: Subject) -> None:
    """Its protocol has its name, the hash of its weights and the resize filter, in plain containers."""
    facts = subject.make().protocol()
    for key in ("extractor", "weights_sha256", "resize"):
        require(isinstance(facts.get(key), str) and bool(facts[key]), f"its protocol has no {key}: {facts}")
    require(len(facts["weights_sha256"]) == 64, f"weights_sha256 is no SHA-256: {facts['weights_sha256']}")


PROMISES: tuple[Promise, ...] = (
    extracts_finite_features,
    sees_each_image_alone,
    is_no_part_of_what_is_trained,
    tells_its_protocol,
)


def _images(channels: int) -> Tensor:
    return (Randomness(0).uniform("images", _COUNT, channels, 24, 20) * 255).to(torch.uint8)
