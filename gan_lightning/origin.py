"""Where a component comes from: the paper behind it and its place in the family tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cure = Literal["vanishing gradients", "image quality", "mode diversity", "stability"]


@dataclass(frozen=True)
class Origin:
    """The published source of a component.

    Args:
        paper: Authors and title, as one would cite them in a sentence.
        year: Year of first publication.
        arxiv: Number on arXiv, such as ``"1802.05957"``.
        descends_from: Catalogue names of the components that this one builds on.
        cures: What the authors set out to improve.
    """

    paper: str
    year: int
    arxiv: str | None = None
    descends_from: tuple[str, ...] = ()
    cures: tuple[Cure, ...] = ()

    def __str__(self) -> str:
        return f"{self.paper}, {self.year}" + (f", arXiv:{self.arxiv}" if self.arxiv else "")
