"""The tree as a drawing: an SVG file, or a page around it, with nothing to be fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from gan_lightning.lineage.colours import COLOURS
from gan_lightning.lineage.layout import Layout, lay_out
from gan_lightning.lineage.members import Family, Member
from gan_lightning.plugins import KINDS

WIDTH = 1600
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 16, 92, 28
_ROW, _BOX, _GAP = 30, 22, 12  # heights of a row and of a box; what is between the boxes of two years
_GLYPH = 6.6  # width of a letter of 12 pixels, at most on average
_FONT = "font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


def svg(family: Family) -> str:
    """Return a drawing of 1600 pixels' width: years from left to right, a band and a colour for each kind.

    A box tells its paper when it is pointed at, shows the lines to its relatives, and leads to arXiv.
    """
    layout = lay_out(family)
    height = _TOP + layout.height * _ROW + _BOTTOM
    numbers = {member.key: f"m{index}" for index, member in enumerate(family.members)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'role="img" aria-label="Family tree">',
        f"<style>{_style(family, numbers)}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *_heading(family, layout),
        *_years(layout, height),
        *_bands(layout),
        *(line for member in family.members for line in _lines(member, family, layout, numbers)),
        *(_box(member, layout, numbers[member.key]) for member in family.members),
        "</svg>\n",
    ]
    return "\n".join(parts)


def html(family: Family) -> str:
    """Return a page with the drawing."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<title>Family tree</title>\n'
        "<style>body { margin: 0; background: #ffffff } svg { display: block; max-width: 100%; height: auto; "
        "margin: 0 auto }</style>\n</head>\n<body>\n" + svg(family) + "</body>\n</html>\n"
    )


def _style(family: Family, numbers: dict[tuple[str, str], str]) -> str:
    shown = [f"svg:has(#{number}:hover) .{number}" for number in numbers.values()]
    rules = [
        f"text {{ {_FONT}; font-size: 12px; fill: #1f2933 }}",
        ".title { font-size: 20px; font-weight: 600 } .year { font-size: 14px; font-weight: 600; fill: #52606d }",
        ".line { fill: none; stroke-width: 1.3; stroke-opacity: .5 }",
        "a:hover rect { stroke-width: 2.5 } a { cursor: pointer; text-decoration: none }",
    ]
    if shown:
        rules.append(f"{', '.join(shown)} {{ stroke-opacity: 1; stroke-width: 2.6 }}")
    return " ".join(rules)


def _heading(family: Family, layout: Layout) -> Iterator[str]:
    yield f'<text class="title" x="{_LEFT}" y="32">Family tree of {len(family.members)} members</text>'
    left = WIDTH - _RIGHT
    for kind in reversed(list(layout.bands)):
        label = KINDS[kind]
        left -= round(len(label) * _GLYPH) + 44
        yield f'<rect x="{left}" y="20" width="14" height="14" rx="4" fill="{COLOURS[kind]}"/>'
        yield f'<text x="{left + 20}" y="31">{escape(label)}</text>'


def _years(layout: Layout, height: int) -> Iterator[str]:
    for index, (year, (left, width)) in enumerate(layout.columns.items()):
        x, across = _across(left), width * _inner()
        if index % 2 == 0:
            yield f'<rect x="{x:.1f}" y="48" width="{across:.1f}" height="{height - 60}" rx="6" fill="#f5f7fa"/>'
        label = str(year) if across > 50 else f"&#8217;{year % 100:02d}"
        yield f'<text class="year" x="{x + across / 2:.1f}" y="68" text-anchor="middle">{label}</text>'


def _bands(layout: Layout) -> Iterator[str]:
    for kind, (start, size) in layout.bands.items():
        top, tall = _TOP + start * _ROW, size * _ROW
        middle = top + tall / 2
        colour = COLOURS[kind]
        yield f'<rect x="{_LEFT - 8}" y="{top}" width="3" height="{tall}" rx="1.5" fill="{colour}"/>'
        x, y = _LEFT - 15, f"{middle:.1f}"
        yield (
            f'<text x="{x}" y="{y}" text-anchor="middle" transform="rotate(-90 {x} {y})" style="fill: {colour}">'
            f"{escape(KINDS[kind])}</text>"
        )


def _lines(member: Member, family: Family, layout: Layout, numbers: dict[tuple[str, str], str]) -> Iterator[str]:
    left, _, middle = _place(member, layout)
    for parent in family.parents[member.key]:
        start, end, height = _place(parent, layout)
        path = _way((start, end, height), (left, middle), earlier=parent.origin.year < member.origin.year)
        classes = f"line {numbers[member.key]} {numbers[parent.key]}"
        yield f'<path class="{classes}" d="{path}" stroke="{COLOURS[member.kind]}"/>'


def _way(parent: tuple[float, float, float], child: tuple[float, float], *, earlier: bool) -> str:
    """Return a line from a box (left, right, middle) to the left side of another (left, middle).

    A long one runs between the rows, where there are no boxes; one within a year goes around the left sides.
    """
    start, end, height = parent
    left, middle = child
    if not earlier:
        far = min(start, left) - 14
        return f"M{start:.1f} {height:.1f} C{far:.1f} {height:.1f} {far:.1f} {middle:.1f} {left:.1f} {middle:.1f}"
    turn = 2 * _GAP
    if left - end <= 1.5 * turn:
        return _bent(end, height, left, middle)
    between = middle + (_ROW / 2 if height > middle else -_ROW / 2)
    curve = _bent(left - turn, between, left, middle).partition(" C")[2]
    return f"{_bent(end, height, end + turn, between)} H{left - turn:.1f} C{curve}"


def _bent(x: float, y: float, to_x: float, to_y: float) -> str:
    half = (x + to_x) / 2
    return f"M{x:.1f} {y:.1f} C{half:.1f} {y:.1f} {half:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def _box(member: Member, layout: Layout, number: str) -> str:
    left, right, middle = _place(member, layout)
    colour, width = COLOURS[member.kind], right - left
    size = min(12.0, 12.0 * (width - 8) / (len(member.name) * _GLYPH))
    drawn = (
        f"<title>{escape(_told(member))}</title>"
        f'<rect x="{left:.1f}" y="{middle - _BOX / 2:.1f}" width="{width:.1f}" height="{_BOX}" rx="6" '
        f'fill="{_tint(colour)}" stroke="{colour}" stroke-width="1.2"/>'
        f'<text x="{(left + right) / 2:.1f}" y="{middle + 4:.1f}" text-anchor="middle" '
        f'style="font-size: {size:.1f}px">{escape(member.name)}</text>'
    )
    arxiv = member.origin.arxiv
    link = f' href="https://arxiv.org/abs/{escape(arxiv)}" target="_blank"' if arxiv else ""
    return f'<a id="{number}"{link}>{drawn}</a>'


def _told(member: Member) -> str:
    lines = [f"{member.name} ({member.kind})", str(member.origin)]
    if member.origin.cures:
        lines.append(f"made for {', '.join(member.origin.cures)}")
    return "\n".join([*lines, member.plugin])


def _place(member: Member, layout: Layout) -> tuple[float, float, float]:
    """Return left, right and middle height of a member's box."""
    left, width = layout.columns[member.origin.year]
    x = _across(left)
    return x + _GAP, x + width * _inner() - _GAP, _TOP + (layout.rows[member.key] + 0.5) * _ROW


def _across(share: float) -> float:
    return _LEFT + share * _inner()


def _inner() -> float:
    return WIDTH - _LEFT - _RIGHT


def _tint(colour: str) -> str:
    """Return a colour mixed with nine parts of white."""
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(0.1 * part + 0.9 * 255):02x}" for part in parts)
