"""``gan-lightning project``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast, get_args

import typer

from gan_lightning.cli.console import out
from gan_lightning.cli.opening import CheckpointArgument, ClassOption, OutOption, RawOption, open_maker, track
from gan_lightning.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from gan_lightning.data.spec import DataSpec


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(project)


def project(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    image: Annotated[Path, typer.Argument(help="The image to look for; its middle is cut out to fit.")],
    space: Annotated[
        Literal["z", "w", "w+"] | None,
        typer.Option(help="Latents, styles, or a style for each layer; styles where the generator has them."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of Adam.")] = 1000,
    lr: Annotated[float, typer.Option(min=0, help="Its highest learning rate.")] = 0.1,
    label: ClassOption = None,
    seed: Annotated[int, typer.Option(help="Names the samples it begins with, and its noise.")] = 0,
    folder: OutOption = Path("samples"),
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Find the latent whose image is nearest to a given one."""
    maker = open_maker(context, image_checked(checkpoint, image), raw=raw)
    import torch

    from gan_lightning.abilities import Styled
    from gan_lightning.data.drawing import draw
    from gan_lightning.editing.project import Plan
    from gan_lightning.editing.project import project as search

    def watch(numbers: range) -> Iterator[int]:
        return track(numbers, steps, "steps")

    target = _read(image, maker.trained.data)
    space = space or ("w" if isinstance(maker.generator, Styled) else "z")
    found = search(maker, target, space, Plan(steps, lr), seed=seed, label=label, watch=watch)
    stem = folder / f"project-{space}-{image.stem}"
    picture = draw(maker.trained.data, torch.stack([target, found.image]), stem.with_suffix(".png"), columns=2)
    latent = _save(stem.with_suffix(".safetensors"), found.tensors, {**found.protocol, "distance": found.distance})
    out.print(f"distance {found.distance:.6g}, the target and its projection in {picture}, {latent}")
    out.print("  " + ", ".join(f"{name} {value}" for name, value in found.protocol.items()), markup=False)


def image_checked(checkpoint: Path, image: Path) -> Path:
    """Return the checkpoint once the image, which is quicker to look for, is known to be there."""
    if not image.is_file():
        raise UserError(f"{image}: there is no such image file")
    return checkpoint


def _read(path: Path, spec: DataSpec) -> Tensor:
    """Return an image file ``[C, H, W]`` in [-1, 1], fitted as images for training are."""
    import torch

    from gan_lightning.data.decode import Channels, Target, decode
    from gan_lightning.data.samples import to_network

    channels, height, width = spec.shape
    if channels not in get_args(Channels):
        raise UserError(f"this generator's images have {channels} channels, which no image file has")
    target = Target(height, width, cast(Channels, channels))
    return to_network(torch.tensor(decode(path, str(path), target)))


def _save(path: Path, tensors: dict[str, Tensor], facts: dict[str, object]) -> Path:
    """Write tensors, with the facts as JSON text beside them, in one step."""
    import json

    from safetensors.torch import save_file

    from gan_lightning.disk import replacing

    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"gan_lightning": json.dumps(facts)})
    return path
