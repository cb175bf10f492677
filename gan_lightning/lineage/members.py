"""Who is in the family, and who descends from whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gan_lightning.catalog import Catalog, Entry
from gan_lightning.errors import UserError, nearest
from gan_lightning.origin import Origin
from gan_lightning.plugins import KINDS

#: Kinds that have descended from each other; data, scores and the like have no ancestors.
FAMILY = ("architecture", "loss", "penalty", "game", "augmentation")


@dataclass(frozen=True)
class Member:
    """A component with a paper.

    Args:
        kind: Its kind, in the singular.
        name: Its name in recipes.
        plugin: Label of the plugin that brings it.
        origin: Where it comes from.
    """

    kind: str
    name: str
    plugin: str
    origin: Origin

    @property
    def key(self) -> tuple[str, str]:
        """Kind and name, which no other member has both of."""
        return self.kind, self.name


@dataclass
class Family:
    """Members in the order of their years, and what connects them.

    Args:
        members: The members, the oldest first.
        parents: For each member's key the members that it descends from.
        notes: What is not right, a line each: ancestors that are not there, components that cannot be loaded.
    """

    members: list[Member]
    parents: dict[tuple[str, str], list[Member]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, catalog: Catalog, kinds: Sequence[str] = ()) -> Family:
        """Gather the members that installed plugins bring; those of the kinds in `FAMILY` if none are named.

        Raises:
            UserError: There is no such kind.
        """
        for kind in kinds:
            if kind not in KINDS:
                raise UserError(f"--kind: there is no kind {kind!r}; {nearest(kind, KINDS)}")
        notes: list[str] = []
        everyone = list(_members((entry for kind in KINDS for entry in catalog.entries(kind)), notes))
        shown = [member for member in everyone if member.kind in (kinds or FAMILY)]
        family = cls(sorted(shown, key=lambda member: (member.origin.year, member.kind, member.name)), notes=notes)
        by_key = {member.key: member for member in everyone}
        for member in family.members:
            family.parents[member.key] = list(_parents(member, by_key, shown, notes))
        return family

    def children(self, member: Member) -> list[Member]:
        """Return who descends from a member directly."""
        return [other for other in self.members if member in self.parents[other.key]]

    def below(self, name: str) -> Family:
        """Return the part that descends from the members of a name, with them.

        Raises:
            UserError: There is no such member.
        """
        found = [member for member in self.members if member.name == name]
        if not found:
            known = {member.name for member in self.members}
            raise UserError(f"--root: there is no member {name!r}; {nearest(name, known)}")
        kept: set[tuple[str, str]] = set()
        waiting = list(found)
        while waiting:
            member = waiting.pop()
            if member.key not in kept:
                kept.add(member.key)
                waiting += self.children(member)
        members = [member for member in self.members if member.key in kept]
        parents = {one.key: [each for each in self.parents[one.key] if each.key in kept] for one in members}
        return Family(members, parents, self.notes)


def _members(entries: Iterable[Entry], notes: list[str]) -> Iterable[Member]:
    for entry in entries:
        try:
            origin = getattr(entry.component, "origin", None)
        except UserError as error:
            notes.append(str(error))
            continue
        if isinstance(origin, Origin):
            yield Member(entry.kind, entry.name, entry.plugin.label, origin)


def _parents(
    member: Member, by_key: Mapping[tuple[str, str], Member], shown: Sequence[Member], notes: list[str]
) -> Iterable[Member]:
    """Yield a member's parents that are shown; one of its own kind comes before another of the same name."""
    for name in member.origin.descends_from:
        named = [by_key[kind, name] for kind in (member.kind, *KINDS) if (kind, name) in by_key]
        others = [parent for parent in named if parent.key != member.key]
        if not others:
            notes.append(f"{member.kind} {member.name} descends from {name!r}, which no installed plugin has")
        elif others[0] in shown:
            yield others[0]
