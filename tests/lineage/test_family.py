"""The family tree: who is in it, how it is drawn, and what is said of ancestors that are not there."""

import re
from xml.etree import ElementTree

import pytest
from rich.console import Console

from gan_lightning.catalog import Catalog
from gan_lightning.components import Architecture
from gan_lightning.errors import UserError
from gan_lightning.lineage.drawing import WIDTH, html, svg
from gan_lightning.lineage.layout import lay_out
from gan_lightning.lineage.members import Family
from gan_lightning.lineage.text import text_tree
from gan_lightning.origin import Origin
from gan_lightning.plugins import Plugin

SVG = "{http://www.w3.org/2000/svg}"


def part(year, *ancestors, arxiv=None):
    return Architecture({}, Origin(f"A & B <{year}>", year, arxiv, ancestors, ("stability",)))


def catalog(**kinds):
    return Catalog([Plugin("ours", "ours", "1", components=kinds)])


PARTS = {
    "old": part(2014, arxiv="1406.2661"),
    "young": part(2016, "old"),
    "twin": part(2016, "young", "stranger"),
    "late": part(2020, "old", "young"),
}
LOSSES = {"young": part(2015), "payer": part(2017, "young", "late")}


@pytest.fixture
def family():
    return Family.of(catalog(architecture=PARTS, loss=LOSSES))


def names(members):
    return [(member.kind, member.name) for member in members]


def test_ancestors_are_of_the_own_kind_first_and_unknown_ones_are_told(family):
    by_name = {member.key: member for member in family.members}
    assert names(family.parents[by_name["architecture", "late"].key]) == [
        ("architecture", "old"),
        ("architecture", "young"),
    ]
    assert names(family.parents["loss", "payer"]) == [("loss", "young"), ("architecture", "late")]
    assert family.notes == ["architecture twin descends from 'stranger', which no installed plugin has"]


def test_kinds_and_roots_leave_others_out():
    losses = Family.of(catalog(architecture=PARTS, loss=LOSSES), ["loss"])
    assert names(losses.members) == [("loss", "young"), ("loss", "payer")]
    assert names(losses.parents["loss", "payer"]) == [("loss", "young")]
    below = Family.of(catalog(architecture=PARTS)).below("young")
    assert {member.name for member in below.members} == {"young", "twin", "late"}
    assert names(below.parents["architecture", "late"]) == [("architecture", "young")]
    with pytest.raises(UserError, match="did you mean 'late'"):
        below.below("lat")
    with pytest.raises(UserError, match="--kind"):
        Family.of(catalog(), ["losses"])


def test_a_component_that_cannot_be_loaded_is_told_and_the_others_are_there():
    family = Family.of(catalog(architecture={**PARTS, "broken": "no_such_module:Name"}))
    assert len(family.members) == 4
    assert any("broken" in note for note in family.notes)


def printed(family):
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(text_tree(family))
    return console.export_text()


TREE = """\
6 members
├── old  2014 architecture  arXiv:1406.2661  for stability
│   ├── young  2016 architecture  for stability
│   │   └── twin  2016 architecture  for stability
│   └── late  2020 architecture  also from young  for stability
└── young  2015 loss  for stability
    └── payer  2017 loss  also from late  for stability
"""


def test_the_text_has_each_member_once_below_its_first_ancestor(family):
    assert "".join(f"{line.rstrip()}\n" for line in printed(family).splitlines()) == TREE


def test_members_that_descend_from_each_other_are_shown():
    family = Family.of(catalog(architecture={"a": part(2016, "b"), "b": part(2017, "a"), "c": part(2018, "b")}))
    assert len(printed(family).splitlines()) == 4
    ElementTree.fromstring(svg(family))


def test_no_two_members_have_one_place(family):
    layout = lay_out(family)
    places = [(layout.rows[member.key], member.origin.year) for member in family.members]
    assert len(set(places)) == len(places)
    for member in family.members:
        start, size = layout.bands[member.kind]
        assert start <= layout.rows[member.key] < start + size
    lefts = [left for left, _ in layout.columns.values()]
    assert list(layout.columns) == list(range(2014, 2021))
    assert lefts == sorted(lefts)


def test_a_drawing_stands_by_itself(family):
    text = svg(family)
    drawing = ElementTree.fromstring(text)
    assert drawing.get("width") == str(WIDTH)
    titles = [title.text for title in drawing.iter(f"{SVG}title")]
    assert len(titles) == len(family.members)
    assert "old (architecture)\nA & B <2014>, 2014, arXiv:1406.2661\nmade for stability\nours (ours 1)" in titles
    links = [link.get("href") for link in drawing.iter(f"{SVG}a")]
    assert links.count("https://arxiv.org/abs/1406.2661") == 1
    assert len(list(drawing.iter(f"{SVG}path"))) == sum(map(len, family.parents.values()))
    fetched = re.findall(r"(?:src|xlink:href|@import|url\()", text)
    assert not fetched
    assert html(family).count("<svg") == 1


def test_boxes_do_not_overlap_nor_leave_the_drawing():
    family = Family.of(Catalog.installed())
    drawing = ElementTree.fromstring(svg(family))
    boxes = [link.find(f"{SVG}rect") for link in drawing.iter(f"{SVG}a")]
    sides = [tuple(float(box.get(name)) for name in ("x", "y", "width", "height")) for box in boxes]
    height = float(drawing.get("height"))
    for index, (x, y, wide, tall) in enumerate(sides):
        assert x >= 0 and y >= 0 and x + wide <= WIDTH and y + tall <= height
        for other_x, other_y, other_wide, other_tall in sides[:index]:
            apart = x >= other_x + other_wide or other_x >= x + wide or y >= other_y + other_tall or other_y >= y + tall
            assert apart


def test_ancestors_of_the_families_here_are_all_known():
    assert Family.of(Catalog.installed()).notes == []
