"""What a report is made of, written as Markdown and as HTML."""

from __future__ import annotations

import base64
import html
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class Block(ABC):
    """A part of a report."""

    @abstractmethod
    def markdown(self, folder: Path) -> str:
        """Return it as Markdown of a file in `folder`."""

    @abstractmethod
    def html(self) -> str:
        """Return it as HTML that needs no other file."""


@dataclass(frozen=True)
class Heading(Block):
    """A heading; level 1 is the title."""

    level: int
    text: str

    def markdown(self, folder: Path) -> str:
        """See `Block`."""
        del folder
        return f"{'#' * self.level} {self.text}\n"

    def html(self) -> str:
        """See `Block`."""
        return f"<h{self.level}>{html.escape(self.text)}</h{self.level}>"


@dataclass(frozen=True)
class Paragraph(Block):
    """Text."""

    text: str

    def markdown(self, folder: Path) -> str:
        """See `Block`."""
        del folder
        return f"{self.text}\n"

    def html(self) -> str:
        """See `Block`."""
        return f"<p>{html.escape(self.text)}</p>"


@dataclass(frozen=True)
class Grid(Block):
    """A table."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self, folder: Path) -> str:
        """See `Block`."""
        del folder
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)

    def html(self) -> str:
        """See `Block`."""
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in self.columns)
        rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in self.rows)
        return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


@dataclass(frozen=True)
class Picture(Block):
    """A PNG file."""

    path: Path
    caption: str

    def markdown(self, folder: Path) -> str:
        """See `Block`."""
        return f"![{self.caption}]({Path(os.path.relpath(self.path, folder)).as_posix()})\n"

    def html(self) -> str:
        """See `Block`."""
        data = base64.b64encode(self.path.read_bytes()).decode()
        caption = html.escape(self.caption)
        image = f'<img alt="{caption}" src="data:image/png;base64,{data}">'
        return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


_STYLE = """\
body { font: 15px/1.5 sans-serif; max-width: 75em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0; display: block; overflow-x: auto }
th, td { border: 1px solid #ddd; padding: .25em .6em; text-align: left; vertical-align: top }
th { background: #f5f5f5 }
figure { margin: 1em 0 } img { max-width: 100% } figcaption { color: #666; font-size: 90% }"""


def to_markdown(blocks: Sequence[Block], folder: Path) -> str:
    """Return a report as Markdown of a file in `folder`, pictures beside it."""
    return "\n".join(block.markdown(folder) for block in blocks)


def to_html(title: str, blocks: Sequence[Block]) -> str:
    """Return a report as one page of HTML, pictures in it."""
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
    body = "\n".join(block.html() for block in blocks)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
