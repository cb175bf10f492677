"""Drawings of two people, so that face swap can be tried without anyone's photographs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from gan_lightning.components import Dataset
from gan_lightning.data.cache import key_of
from gan_lightning.data.samples import Partner, Samples
from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness
from gan_lightning_faces.similarity import pixel_centres

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Person:
    """What stays the same in all drawings of a person: lengths in parts of half the image, colours in [0, 1].

    Args:
        skin: Colour of the face.
        hair: Colour of hair and brows.
        iris: Colour of the eyes.
        lips: Colour of the mouth.
        wide: Half of the face's width.
        high: Half of its height.
        eyes: Radius of an eye.
        brows: Half of the height of a brow.
    """

    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    wide: float
    high: float
    eyes: float
    brows: float


_YELLOW = Person(
    skin=(0.98, 0.80, 0.35),
    hair=(0.80, 0.35, 0.10),
    iris=(0.10, 0.25, 0.65),
    lips=(0.75, 0.15, 0.15),
    wide=0.66,
    high=0.66,
    eyes=0.15,
    brows=0.03,
)
_BROWN = Person(
    skin=(0.78, 0.56, 0.45),
    hair=(0.15, 0.10, 0.10),
    iris=(0.15, 0.40, 0.15),
    lips=(0.55, 0.20, 0.30),
    wide=0.52,
    high=0.72,
    eyes=0.10,
    brows=0.06,
)
PEOPLE: Mapping[str, Person] = {"source": _YELLOW, "target": _BROWN}


@dataclass(frozen=True)
class DrawnFaces(Dataset):
    """Cartoon faces of two people who move, look about, smile and frown alike, without pairs.

    Args:
        resolution: Pixels a side.
        count: Drawings of each person.
        draw_seed: Seed of what the faces do.

    Raises:
        UserError: A number is below 1.
    """

    resolution: int = 64
    count: int = 256
    draw_seed: int = 0

    def load(self, cache: Path) -> Samples:
        """Draw the faces of both: the samples are one person, the partner ``source`` is the other."""
        del cache
        if min(self.resolution, self.count) < 1:
            raise UserError("data: resolution and count must be at least 1")
        drawn = {name: self._drawings(name) for name in PEOPLE}
        key = key_of("drawn_faces", asdict(self))
        return Samples(
            drawn["target"], None, "drawn faces", key, partners={"source": Partner(drawn["source"], paired=False)}
        )

    def _drawings(self, name: str) -> Tensor:
        random = Randomness(self.draw_seed).at(name)
        moods = 2 * random.uniform("moods", self.count, 10) - 1
        parts = [draw(PEOPLE[name], chunk, self.resolution) for chunk in torch.split(moods, 64)]
        return torch.cat(parts)


def draw(person: Person, moods: Tensor, resolution: int) -> Tensor:
    """Draw a person.

    Args:
        person: Who it is.
        moods: What each face does, ``[N, 10]`` in [-1, 1]: place (2), tilt, gaze (2), smile, how open the mouth is, and
            the colour of the background (3).
        resolution: Pixels a side.

    Returns:
        uint8 images ``[N, 3, resolution, resolution]``.
    """
    canvas = _Canvas(moods, resolution)
    canvas.hair_and_face(person)
    for sign in (-1.0, 1.0):
        canvas.eye(person, sign)
    canvas.nose_and_mouth(person)
    return (canvas.image * 255).round().to(torch.uint8)


class _Canvas:
    """Drawings in progress, and the coordinates of their faces, which are moved and tilted."""

    def __init__(self, moods: Tensor, side: int) -> None:
        across, down, tilt, *rest = (part[:, None, None] for part in moods[:, :7].unbind(1))
        self.gaze, self.smile, self.open = rest[:2], rest[2], rest[3]
        x, y = pixel_centres(side, side).unbind(2)
        x, y, angle = x - 0.12 * across, y - 0.1 * down, 0.25 * tilt
        self.x, self.y = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
        self.side = side
        self.image = (0.55 + 0.25 * moods[:, 7:, None, None]).expand(-1, -1, side, side)

    def hair_and_face(self, person: Person) -> None:
        """Paint the hair behind the face, and the face."""
        self._ellipse((0.0, -0.12), (person.wide + 0.06, person.high + 0.02), person.hair)
        self._ellipse((0.0, 0.05), (person.wide, person.high), person.skin)

    def eye(self, person: Person, sign: float) -> None:
        """Paint an eye, what it looks at, and its brow, which goes up with the smile."""
        middle = 0.42 * sign * person.wide
        self._ellipse((middle, -0.12), (person.eyes, person.eyes), (1.0, 1.0, 1.0))
        looking = (middle + 0.05 * self.gaze[0], -0.12 + 0.04 * self.gaze[1])
        self._ellipse(looking, (0.55 * person.eyes, 0.55 * person.eyes), person.iris)
        self._ellipse((middle, -0.36 - 0.06 * self.smile), (0.17, person.brows), person.hair)

    def nose_and_mouth(self, person: Person) -> None:
        """Paint the nose, and the mouth as a band along a parabola."""
        self._ellipse((0.0, 0.12), (0.06, 0.09), tuple(0.8 * part for part in person.skin))  # type: ignore[arg-type]
        width = 0.55 * person.wide
        bent = self.y - 0.42 + 0.2 * self.smile * ((self.x / width) ** 2 - 0.5)
        thick = 0.05 + 0.06 * (1 + self.open)
        self._paint(1 - (self.x / width) ** 2 - (bent / thick) ** 2, 0.05, person.lips)

    def _ellipse(
        self, middle: tuple[float | Tensor, float | Tensor], radii: tuple[float, float], colour: Colour
    ) -> None:
        inside = 1 - (((self.x - middle[0]) / radii[0]) ** 2 + ((self.y - middle[1]) / radii[1]) ** 2).sqrt()
        self._paint(inside, min(radii), colour)

    def _paint(self, inside: Tensor, scale: float, colour: Colour) -> None:
        """Paint where `inside` is above 0; times `scale` it is about a length."""
        share = (inside * scale * self.side / 2 + 0.5).clamp(0, 1)[:, None]
        self.image = self.image + share * (torch.tensor(colour)[:, None, None] - self.image)
