"""Samples as a person looks at them: a grid of images, or a scatter of points."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_lightning.data.samples import to_bytes
from gan_lightning.data.spec import DataSpec, Kind
from gan_lightning.disk import replacing

PADDING = 2
SMALLEST = 32
_DRAWABLE = (1, 3, 4)


def draw(spec: DataSpec, samples: Tensor, path: Path, real: Tensor | None = None, columns: int | None = None) -> Path:
    """Draw samples to a PNG file, which is replaced in one step.

    Args:
        spec: What the samples are.
        samples: Images ``[N, C, H, W]`` in [-1, 1], or points ``[N, D]``; on any device.
        path: The file; its folder is made if need be.
        real: Points ``[M, D]`` to draw beneath; images stand alone.
        columns: Images in a row; None for a grid that is about square.

    Returns:
        `path`.
    """
    with replacing(path) as temporary:
        _DRAWERS[spec.kind](samples.detach().cpu(), temporary, real, columns)
    return path


def save_each(spec: DataSpec, samples: Tensor, folder: Path, start: int = 0) -> None:
    """Save images as ``000000.png``, ``000001.png``..., or points as rows of ``points.csv``.

    Args:
        spec: What the samples are.
        samples: Images ``[N, C, H, W]`` in [-1, 1], or points ``[N, D]``; on any device.
        folder: Made if need be.
        start: Number of the first; points of a later batch are added to the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _SAVERS[spec.kind](samples.detach().cpu(), folder, start)


def save_image(image: Tensor, path: Path) -> Path:
    """Save an image ``[C, H, W]`` in [-1, 1] as a PNG, pixel by pixel; the file is replaced in one step."""
    with replacing(path) as temporary:
        _write_png(_visible(image[None].detach().cpu())[0], temporary)
    return path


def image_grid(images: Tensor, columns: int | None = None) -> Tensor:
    """Return images ``[N, C, H, W]`` in [-1, 1] as one uint8 image of 1, 3 or 4 channels.

    Cells are at least 32 pixels high and wide (by repeating pixels) and 2 apart. Images of 2 channels are shown as two
    gray ones, one above the other; of those with more than 4 the first 3 are shown.
    """
    cells = enlarged(images, SMALLEST)
    count, channels, height, width = cells.shape
    across = min(columns or math.ceil(math.sqrt(count)), count)
    down = math.ceil(count / across)
    grid = cells.new_zeros(channels, down * (height + PADDING) + PADDING, across * (width + PADDING) + PADDING)
    for index, cell in enumerate(cells):
        top = index // across * (height + PADDING) + PADDING
        left = index % across * (width + PADDING) + PADDING
        grid[:, top : top + height, left : left + width] = cell
    return grid


def enlarged(images: Tensor, least: int) -> Tensor:
    """Return images ``[N, C, H, W]`` in [-1, 1] as uint8 ones whose shorter side has at least so many pixels.

    Pixels are repeated; of channels there are 1, 3 or 4 as in `image_grid`.
    """
    cells = _visible(images)
    scale = math.ceil(least / min(cells.shape[2:]))
    return cells.repeat_interleave(scale, 2).repeat_interleave(scale, 3)


def _visible(images: Tensor) -> Tensor:
    channels = images.shape[1]
    images = to_bytes(images.float().nan_to_num())
    if channels == 2:
        return images.flatten(1, 2)[:, None]
    return images if channels in _DRAWABLE else images[:, :3]


def _write_png(image: Tensor, path: Path) -> None:
    pixels = image[0] if len(image) == 1 else image.permute(1, 2, 0)
    Image.fromarray(pixels.contiguous().numpy()).save(path, format="PNG")


def _draw_images(images: Tensor, path: Path, real: Tensor | None, columns: int | None) -> None:
    _write_png(image_grid(images, columns), path)


def _draw_points(points: Tensor, path: Path, real: Tensor | None, columns: int | None) -> None:
    with _collected_young():
        _plot(points, path, real)


@contextmanager
def _collected_young() -> Iterator[None]:
    """Collect garbage at the end, and not before.

    A figure refers to itself all over. While nothing of it has lived to see a collection that is a matter of a
    millisecond; otherwise dozens of figures stay in memory, with their pixels, until Python looks at all objects.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if enabled:
            gc.enable()


def _plot(points: Tensor, path: Path, real: Tensor | None) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    shown = _plane(points)
    if real is not None:
        beneath = _plane(real.detach().cpu())
        axes.scatter(*_xy(beneath), s=6, color="0.75", linewidths=0, label=f"real ({len(beneath)})")
        shown = _near(shown, beneath)
    outside = len(points) - len(shown)
    label = f"generated ({len(points)}" + (f", {outside} outside)" if outside else ")")
    axes.scatter(*_xy(shown), s=6, color="tab:blue", alpha=0.6, linewidths=0, label=label)
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(loc="upper right", markerscale=3)
    figure.savefig(path, format="png", dpi=100)


def _plane(points: Tensor) -> Tensor:
    """Return the first two coordinates, the second 0 on a line, of finite points."""
    flat = points.float()[:, :2]
    flat = torch.nn.functional.pad(flat, (0, 2 - flat.shape[1]))
    return flat[flat.isfinite().all(1)]


def _xy(points: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return points[:, 0].numpy(), points[:, 1].numpy()


def _near(points: Tensor, real: Tensor) -> Tensor:
    """Return the points within twice the extent of the real ones, so that a few far ones do not shrink the rest."""
    middle = (real.amax(0) + real.amin(0)) / 2
    reach = (real.amax(0) - real.amin(0)).amax().clamp(min=1e-6)
    return points[((points - middle).abs() <= reach).all(1)]


def _save_images(images: Tensor, folder: Path, start: int) -> None:
    for index, image in enumerate(_visible(images), start):
        _write_png(image, folder / f"{index:06d}.png")


def _save_points(points: Tensor, folder: Path, start: int) -> None:
    with (folder / "points.csv").open("a" if start else "w") as file:
        if not start:
            file.write(",".join(f"x{axis}" for axis in range(points.shape[1])) + "\n")
        file.writelines(",".join(f"{value:.9g}" for value in point) + "\n" for point in points.tolist())


_DRAWERS: dict[Kind, Callable[[Tensor, Path, Tensor | None, int | None], None]] = {
    "images": _draw_images,
    "points": _draw_points,
}
_SAVERS: dict[Kind, Callable[[Tensor, Path, int], None]] = {"images": _save_images, "points": _save_points}
