"""``gan-lightning interpolate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gan_lightning.cli.console import out
from gan_lightning.cli.opening import CheckpointArgument, OutOption, RawOption, open_maker, track
from gan_lightning.cli.parsing import read_names, read_numbers
from gan_lightning.errors import UserError

if TYPE_CHECKING:
    from gan_lightning.editing.maker import Inputs, Maker


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(interpolate)


def interpolate(
    context: typer.Context,
    checkpoint: CheckpointArgument,
    seeds: Annotated[str, typer.Option(help="The samples to walk between: 1,2,5-8.")] = "0,1,2,3",
    classes: Annotated[str | None, typer.Option("--class", help="A class, or one for each sample: cat,dog.")] = None,
    space: Annotated[
        Literal["z", "w"] | None, typer.Option(help="Latents, or styles; styles where the generator has them.")
    ] = None,
    steps: Annotated[int, typer.Option(min=2, max=10_000, help="Frames from one sample to the next.")] = 12,
    loop: Annotated[bool, typer.Option(help="Walk back to the first one.")] = True,  # noqa: FBT002
    fps: Annotated[int, typer.Option(min=1, max=50, help="Frames in a second.")] = 12,
    mp4: Annotated[bool, typer.Option("--mp4", help="An MP4 film too.")] = False,  # noqa: FBT002
    folder: OutOption = Path("samples"),
    raw: RawOption = False,  # noqa: FBT002
) -> None:
    """Walk between samples: a strip of pictures, and a film."""
    wanted = read_numbers(seeds, "--seeds")
    names = [None] if classes is None else read_names(classes, "--class")
    maker = open_maker(context, checkpoint, raw=raw)
    import torch

    from gan_lightning.abilities import Styled
    from gan_lightning.data.drawing import draw
    from gan_lightning.editing.films import require_film, write_film
    from gan_lightning.editing.interpolate import interpolate as frames_of
    from gan_lightning.editing.walk import Walk
    from gan_lightning.sampling import CHUNK

    films = ["gif", "mp4"] if mp4 else ["gif"]
    for suffix in films:
        require_film(suffix)
    keys = _keys(maker, wanted, names)
    walk = Walk.through(len(keys.latents), steps, loop=loop)
    space = space or ("w" if isinstance(maker.generator, Styled) else "z")
    batches = frames_of(maker, keys, walk, space)
    frames = torch.cat(list(track(batches, -(-len(walk.share) // CHUNK), "frames")))
    stem = folder / f"interpolate-{space}-seed{wanted[0]}"
    written = [draw(maker.trained.data, frames, stem.with_suffix(".png"), columns=steps)]
    written += [write_film(frames, stem.with_suffix(f".{suffix}"), fps) for suffix in films]
    out.print(f"{len(frames)} frames in {', '.join(map(str, written))}")


def _keys(maker: Maker, seeds: list[int], names: list[str] | list[None]) -> Inputs:
    """Return the samples to walk between; one seed stays while classes change, and one class while seeds do."""
    from gan_lightning.editing.maker import joined

    count = max(len(seeds), len(names))
    if not {len(seeds), len(names)} <= {1, count}:
        raise UserError(f"--class: expected 1 or {len(seeds)}, a class for each of --seeds, got {len(names)}")
    pairs = zip(seeds * (count // len(seeds)), names * (count // len(names)), strict=True)
    return joined([maker.of_seeds([seed], name) for seed, name in pairs])
