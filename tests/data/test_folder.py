import logging
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_lightning.data.folder import Folder
from gan_lightning.errors import UserError


def write(path, size=(6, 4), color=(200, 10, 10), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path)
    return path


@pytest.fixture
def photos(tmp_path):
    """Two classes, two images each, whose red says which."""
    for index, name in enumerate(["cat/b.png", "cat/a.png", "ant/z.png", "ant/deep/y.png"]):
        write(tmp_path / "photos" / name, color=(index, 100, 50))
    return tmp_path / "photos"


def reds(samples):
    return samples.values[:, 0, 0, 0].tolist()


def test_subfolders_are_classes_in_the_order_of_names(photos, tmp_path):
    samples = Folder(photos).load(tmp_path / "cache")
    assert samples.spec.shape == (3, 4, 6)
    assert samples.class_names == ("ant", "cat")
    assert reds(samples) == [3, 2, 1, 0]
    assert samples.labels.tolist() == [0, 0, 1, 1]
    assert samples.name == "photos"


def test_labels_can_be_left_out(photos, tmp_path):
    samples = Folder(photos, labels=False).load(tmp_path / "cache")
    assert samples.labels is None
    assert samples.spec.classes == 0


def test_images_beside_class_folders_leave_no_labels(photos, tmp_path, caplog):
    write(photos / "loose.png")
    samples = Folder(photos).load(tmp_path / "cache")
    assert samples.labels is None
    assert samples.class_names == ()
    assert len(samples) == 5
    assert "1 images lie beside" in caplog.text


def test_a_flat_folder_has_no_labels(tmp_path, caplog):
    write(tmp_path / "flat/a.png")
    assert Folder(tmp_path / "flat").load(tmp_path / "cache").labels is None
    assert caplog.text == ""


def test_hidden_and_foreign_files_are_ignored(photos, tmp_path, caplog):
    write(photos / ".thumbnails/a.png")
    write(photos / "cat/._a.png")
    write(photos / "__MACOSX/cat/a.png")
    (photos / "cat/notes.txt").write_text("hello")
    samples = Folder(photos).load(tmp_path / "cache")
    assert len(samples) == 4
    assert caplog.text == ""


def test_a_corrupt_file_is_named_and_skipped_every_time(photos, tmp_path, caplog):
    (photos / "cat/aa.png").write_bytes(b"nonsense")
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "gan_lightning.data"):
            samples = Folder(photos).load(tmp_path / "cache")
        assert samples.labels.tolist() == [0, 0, 1, 1]
        assert reds(samples) == [3, 2, 1, 0]
        assert f"{photos}/cat/aa.png" in caplog.text


def test_images_are_gray_only_if_all_are(tmp_path):
    write(tmp_path / "a/1.png", mode="L", color=7)
    write(tmp_path / "a/2.png", mode="LA", color=(7, 255))
    assert Folder(tmp_path / "a").load(tmp_path / "cache").spec.shape == (1, 4, 6)
    write(tmp_path / "a/3.png")
    assert Folder(tmp_path / "a").load(tmp_path / "cache").spec.shape == (3, 4, 6)


def test_options_reach_the_pixels(tmp_path):
    write(tmp_path / "a/1.png", mode="RGBA", color=(0, 0, 0, 0), size=(9, 9))
    folder = tmp_path / "a"
    load = lambda **options: Folder(folder, **options).load(tmp_path / "cache").values  # noqa: E731
    assert load(resolution=[2, 5]).shape == (1, 3, 2, 5)
    assert load().unique().tolist() == [255]
    assert load(background="black").unique().tolist() == [0]
    assert load(channels=4)[0, 3].unique().tolist() == [0]
    assert load(channels=1, resolution=3).shape == (1, 1, 3, 3)


def test_sizes_that_differ_ask_for_a_resolution(photos, tmp_path):
    write(photos / "cat/big.png", size=(20, 30))
    with pytest.raises(UserError, match=r"data\.resolution: .*4x6 \(4\), 30x20 \(1\)"):
        Folder(photos).load(tmp_path / "cache")
    assert Folder(photos, resolution=8).load(tmp_path / "cache").values.shape == (5, 3, 8, 8)


def test_changed_content_is_decoded_again(photos, tmp_path):
    before = Folder(photos).load(tmp_path / "cache")
    facts = (photos / "cat/a.png").stat()
    write(photos / "cat/a.png", color=(99, 100, 50))
    os.utime(photos / "cat/a.png", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    after = Folder(photos).load(tmp_path / "cache")
    assert reds(after) == [3, 2, 99, 0]
    assert before.fingerprint != after.fingerprint


def test_equal_looking_folders_are_not_mistaken_for_each_other(tmp_path):
    for index, name in enumerate(["trainA", "trainB"]):
        path = write(tmp_path / name / "1.bmp", color=(index, 0, 0))
        os.utime(path, ns=(0, 0))
    values = [reds(Folder(tmp_path / name).load(tmp_path / "cache")) for name in ("trainA", "trainB")]
    assert values == [[0], [1]]


def test_linked_folders_are_followed_without_going_round(photos, tmp_path):
    write(tmp_path / "elsewhere/dog.png")
    (photos / "dog").symlink_to(tmp_path / "elsewhere")
    (photos / "cat/loop").symlink_to(photos)
    samples = Folder(photos).load(tmp_path / "cache")
    assert samples.class_names == ("ant", "cat", "dog")
    assert len(samples) == 5


def test_missing_path_suggests_a_neighbour(photos, tmp_path):
    with pytest.raises(UserError, match=r"data\.path: .*photo does not exist; did you mean 'photos'"):
        Folder(tmp_path / "photo").load(tmp_path / "cache")
    with pytest.raises(UserError, match="neither does"):
        Folder(tmp_path / "no/photo").load(tmp_path / "cache")


def test_a_folder_without_images_says_what_it_found(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(UserError, match="no images in"):
        Folder(tmp_path / "a").load(tmp_path / "cache")
    (tmp_path / "a/b.heic").write_bytes(b"x")
    with pytest.raises(UserError, match=r"expected files ending in .*\.png.*found 1 \.heic"):
        Folder(tmp_path / "a").load(tmp_path / "cache")


@pytest.mark.parametrize("options", [{}, {"resolution": 8, "channels": 3}])
def test_nothing_readable_is_an_error_and_not_cached(tmp_path, options):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.png").write_bytes(b"x")
    for _ in range(2):
        with pytest.raises(UserError, match=r"none of .*b\.png"):
            Folder(tmp_path / "a", **options).load(tmp_path / "cache")
    assert not [path for path in tmp_path.rglob("cache/**/*") if path.is_file()]


def test_the_order_is_that_of_names_whatever_thread_was_first(tmp_path):
    for index in range(120):
        size = (300, 300) if index % 7 == 0 else (6, 6)
        write(tmp_path / f"a/{index:03d}.png", size=size, color=(index, 0, 0))
    samples = Folder(tmp_path / "a", resolution=4, channels=3).load(tmp_path / "cache")
    assert reds(samples) == list(range(120))


@pytest.mark.skipif("GAN_LIGHTNING_SHARED_DATA" not in os.environ, reason="the emoji are not at hand")
def test_emoji(tmp_path):
    path = Path(os.environ["GAN_LIGHTNING_SHARED_DATA"]) / "emoji/google.zip"
    if not path.exists():
        pytest.skip("the emoji are not at hand")
    samples = Folder(path).load(tmp_path)
    assert samples.spec.shape == (3, 64, 64)
    assert len(samples) == 3781
    assert samples.spec.classes == 9
    assert min(samples.spec.class_counts) > 0
    assert 180 < np.asarray(samples.values[::50]).mean() < 240
