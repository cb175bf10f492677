"""Names of the tensors in the released StyleGAN2 networks, for whoever wants to compute with those weights.

The released PyTorch networks (stylegan2-ada-pytorch) keep every tensor in the shape that it has here, so that a state
is carried over by its names alone. Their filters are not kept in states here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch import Tensor

_Named = Callable[[re.Match[str], int], str]

_FILTERS = re.compile(r".*resample_filter")
_GENERATOR: Mapping[str, _Named] = {
    r"mapping\.w_avg": lambda found, largest: "styles.mean",
    r"mapping\.fc(\d+)\.(\w+)": lambda found, largest: f"styles.mapping.layers.{found[1]}.{found[2]}",
    r"mapping\.(embed\.\w+)": lambda found, largest: f"styles.mapping.{found[1]}",
    r"synthesis\.b4\.const": lambda found, largest: "const",
    r"synthesis\.b4\.conv1\.(.+)": lambda found, largest: f"stages.0.convolutions.0.{found[1]}",
    r"synthesis\.b(\d+)\.conv(\d)\.(.+)": lambda found, largest: (
        f"stages.{_doublings(4, found[1])}.convolutions.{found[2]}.{found[3]}"
    ),
    r"synthesis\.b(\d+)\.torgb\.(.+)": lambda found, largest: f"stages.{_doublings(4, found[1])}.to_image.{found[2]}",
}
_DISCRIMINATOR: Mapping[str, _Named] = {
    r"mapping\.fc(\d+)\.(\w+)": lambda found, largest: f"mapping.layers.{found[1]}.{found[2]}",
    r"mapping\.(embed\.\w+)": lambda found, largest: f"mapping.{found[1]}",
    r"b\d+\.fromrgb\.(\w+)": lambda found, largest: f"from_image.{found[1]}",
    r"b4\.((?:conv|fc|out)\.\w+)": lambda found, largest: found[1],
    r"b(\d+)\.(.+)": lambda found, largest: f"halvings.{_doublings(int(found[1]), largest)}.{found[2]}",
}


def generator_state(released: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state of a `StyleGAN2Generator` from that of a released one.

    Raises:
        KeyError: A tensor has a name that those networks do not have.
    """
    return _renamed(released, _GENERATOR)


def discriminator_state(released: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state of a `StyleGAN2Discriminator` from that of a released one.

    Raises:
        KeyError: A tensor has a name that those networks do not have.
    """
    return _renamed(released, _DISCRIMINATOR)


def _renamed(released: Mapping[str, Tensor], names: Mapping[str, _Named]) -> dict[str, Tensor]:
    kept = {name: value for name, value in released.items() if not _FILTERS.fullmatch(name)}
    sizes = [int(found[1]) for found in (re.search(r"\bb(\d+)\.", name) for name in kept) if found]
    return {_ours(name, max(sizes), names): value for name, value in kept.items()}


def _ours(name: str, largest: int, names: Mapping[str, _Named]) -> str:
    for pattern, named in names.items():
        found = re.fullmatch(pattern, name)
        if found:
            return named(found, largest)
    raise KeyError(name)


def _doublings(small: int, large: int | str) -> int:
    return (int(large) // small).bit_length() - 1
