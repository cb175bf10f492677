"""``gan-lightning translate`` and ``reconstruct`` over a file, a folder and a film."""

import numpy as np
import pytest
import yaml
from PIL import Image
from toys import toy_recipe
from translating_toys import translating_catalog

from gan_lightning.cli import run


@pytest.fixture(scope="module")
def translating():
    return translating_catalog()


def trained(folder, catalog, data):
    recipe = toy_recipe(
        folder / "run",
        game={"name": "recolouring"},
        architecture={"name": "recolour", "generator": {"multiple": 2}},
        data={"batch_size": 8, "of": "digits", "options": {"resolution": 16}, **data},
        loss=None,
        train={"steps": 2},
        sample=None,
    )
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    assert run(["fit", "--recipe", str(folder / "recipe.yaml")], catalog) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def doubling(tmp_path_factory, translating):
    """A run that makes images twice as high and wide; not to be changed."""
    return trained(tmp_path_factory.mktemp("doubling"), translating, {"name": "low_resolution", "factor": 2})


@pytest.fixture(scope="module")
def filling(tmp_path_factory, translating):
    """A run that fills holes; not to be changed."""
    return trained(tmp_path_factory.mktemp("filling"), translating, {"name": "masked"})


def save(path, height, width, mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (height, width) if mode == "L" else (height, width, len(mode))
    Image.fromarray(np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8), mode).save(path)
    return path


def size(path):
    with Image.open(path) as image:
        return image.size


def test_an_image_keeps_its_own_size(shell, doubling, translating):
    image = save(shell.folder / "one.jpg", 9, 11)
    out = shell.works("translate", doubling, image, "--out", shell.folder / "out", catalog=translating)
    assert out.startswith("1 file in ")
    assert size(shell.folder / "out" / "one.png") == (22, 18)
    shell.works("translate", doubling, image, "--fit", "--out", shell.folder / "fit", catalog=translating)
    assert size(shell.folder / "fit" / "one.png") == (16, 16)


def test_a_folder_is_translated_file_by_file(shell, doubling, translating, caplog):
    save(shell.folder / "in" / "a.png", 8, 8)
    save(shell.folder / "in" / "deep" / "b.png", 6, 10, "RGB")
    (shell.folder / "in" / "c.png").write_bytes(b"no image")
    answer = shell("translate", doubling, shell.folder / "in", "--out", shell.folder / "out", catalog=translating)
    assert answer.code == 0
    assert answer.out.startswith("2 files in ")
    assert "c.png: no PNG" in caplog.text
    assert size(shell.folder / "out" / "deep" / "b.png") == (20, 12)


def test_a_film_stays_a_film(shell, doubling, translating):
    frames = [Image.fromarray(np.full((100, 120), shade, dtype=np.uint8)) for shade in (0, 90, 200)]
    frames[0].save(shell.folder / "film.gif", save_all=True, append_images=frames[1:], duration=200)
    shell.works("translate", doubling, shell.folder / "film.gif", "--out", shell.folder / "out", catalog=translating)
    with Image.open(shell.folder / "out" / "film.gif") as made:
        assert (made.n_frames, made.size, made.info["duration"]) == (3, (240, 200), 200)


def test_videos_are_read_and_written(shell, doubling, translating):
    write_frames = pytest.importorskip("imageio_ffmpeg").write_frames
    writer = write_frames(str(shell.folder / "film.mp4"), (128, 96), fps=5, macro_block_size=2)
    writer.send(None)
    for shade in (10, 100, 200):
        writer.send(np.full((96, 128, 3), shade, dtype=np.uint8).tobytes())
    writer.close()
    shell.works("translate", doubling, shell.folder / "film.mp4", "--out", shell.folder / "out", catalog=translating)
    from imageio_ffmpeg import count_frames_and_secs

    frames, seconds = count_frames_and_secs(str(shell.folder / "out" / "film.mp4"))
    assert (frames, round(frames / seconds)) == (3, 5)


def test_holes_are_filled_where_a_mask_is_white(shell, filling, translating):
    image = save(shell.folder / "one.png", 16, 16)
    mask = np.zeros((16, 16), dtype=np.uint8)
    mask[4:9, 4:9] = 255
    Image.fromarray(mask).save(shell.folder / "mask.png")
    shell.works(
        "translate", filling, image, "--mask", shell.folder / "mask.png", "--out", shell.folder, catalog=translating
    )
    first = np.asarray(Image.open(shell.folder / "one.png"))
    other = np.asarray(Image.open(image))
    assert first.shape == other.shape
    shell.refuses(["translate", filling, image], "--mask", "white", catalog=translating)
    small = save(shell.folder / "small.png", 8, 8)
    shell.refuses(["translate", filling, image, "--mask", small], "8x8", "16x16", catalog=translating)


def test_what_cannot_be_is_said_in_one_line(shell, doubling, translating, digits_run):
    image = save(shell.folder / "one.png", 8, 8)
    shell.refuses(["translate", doubling, shell.folder / "none.png"], "none.png", "folder", catalog=translating)
    shell.refuses(["translate", doubling, image, "--backward"], "one direction", catalog=translating)
    shell.refuses(["translate", doubling, image, "--mask", image], "fills no holes", catalog=translating)
    shell.refuses(["translate", doubling, image, "--class", "3"], "not conditional", catalog=translating)
    shell.refuses(["translate", digits_run, image], "gan-lightning sample")
    shell.refuses(["sample", doubling], "gan-lightning translate", catalog=translating)
    shell.refuses(["reconstruct", doubling, image], "no encoder", catalog=translating)
