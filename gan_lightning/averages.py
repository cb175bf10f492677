"""The averaged networks as safetensors, for programs that know nothing of this one."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from gan_lightning.disk import replacing
from gan_lightning.dtensors import whole
from gan_lightning.module import GANModule


def gather_averages(module: GANModule) -> dict[str, Tensor]:
    """Return the averaged networks' state on the CPU, empty without any; all processes call this together."""
    state = {} if module.ema is None else module.ema.networks.state_dict()
    return {name: whole(value.detach()).to("cpu", copy=True).contiguous() for name, value in state.items()}


def write_averages(module: GANModule, tensors: dict[str, Tensor], stem: str, folder: Path) -> None:
    """Write ``STEM.safetensors``; nothing where the recipe averages nothing.

    The tensors are named ``NETWORK.PARAMETER``; the metadata hold ``recipe`` and ``data`` as JSON, ``updates`` and
    ``images``.

    Args:
        module: The module that the weights are of.
        tensors: What `gather_averages` returned.
        stem: Name of the checkpoint that the weights are also in.
        folder: The folder of checkpoints.

    Raises:
        OSError: It cannot be written.
    """
    if not tensors:
        return
    facts = {name: json.dumps(fact) for name, fact in module.facts.items() if name in ("recipe", "data")}
    counts = {"updates": str(module.updates), "images": str(module.images)}
    with replacing(folder / f"{stem}.safetensors") as temporary:
        save_file(tensors, temporary, metadata={"format": "pt", **facts, **counts})
