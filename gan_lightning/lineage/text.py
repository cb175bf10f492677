"""The tree for a terminal."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from gan_lightning.lineage.colours import COLOURS
from gan_lightning.lineage.members import Family, Member


def text_tree(family: Family) -> Tree:
    """Return the family as a tree: each member stands below the first of its ancestors, and names the others."""
    tree = Tree(f"{len(family.members)} members", guide_style="dim", highlight=False)
    hung: set[tuple[str, str]] = set()
    roots = [member for member in family.members if not family.parents[member.key]]
    for member in [*roots, *family.members]:  # those that descend from each other hang below no root
        _hang(member, tree, family, hung)
    return tree


def _hang(member: Member, branch: Tree, family: Family, hung: set[tuple[str, str]]) -> None:
    """Add a member, and below it those whose first parent it is, the oldest first."""
    if member.key in hung:
        return
    hung.add(member.key)
    below = branch.add(_label(member, family))
    for child in family.children(member):
        if family.parents[child.key][0] == member:
            _hang(child, below, family, hung)


def _label(member: Member, family: Family) -> Text:
    origin = member.origin
    others = [parent.name for parent in family.parents[member.key][1:]]
    label = Text.assemble((member.name, f"bold {COLOURS[member.kind]}"), f"  {origin.year} {member.kind}")
    label.append(f"  arXiv:{origin.arxiv}" if origin.arxiv else "", style="dim")
    label.append(f"  also from {', '.join(others)}" if others else "")
    label.append(f"  for {', '.join(origin.cures)}" if origin.cures else "", style="italic")
    return label
