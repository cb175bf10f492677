import io
import stat
import zipfile
import zlib

import pytest
from PIL import Image

from gan_lightning.data import archive
from gan_lightning.data.folder import Folder
from gan_lightning.errors import UserError


def png(red=0):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (red, 0, 9)).save(buffer, format="PNG")
    return buffer.getvalue()


def zipped(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def load(path, tmp_path, **options):
    return Folder(path, **options).load(tmp_path / "cache")


def test_folders_in_a_zip_are_classes(tmp_path):
    path = zipped(tmp_path / "pets.zip", {"dog/1.png": png(5), "cat/1.png": png(6), "cat/readme.txt": b"hi"})
    samples = load(path, tmp_path)
    assert samples.name == "pets"
    assert samples.class_names == ("cat", "dog")
    assert samples.values[:, 0, 0, 0].tolist() == [6, 5]
    assert not list(tmp_path.rglob("*.png"))


def test_a_single_folder_at_the_top_is_unwrapped(tmp_path):
    members = {"pets/dog/1.png": png(), "pets/cat/1.png": png(), "__MACOSX/pets/._1.png": b"", ".hidden/1.png": b""}
    assert load(zipped(tmp_path / "a.zip", members), tmp_path).class_names == ("cat", "dog")
    flat = load(zipped(tmp_path / "b.zip", {"pets/1.png": png(), "pets/2.png": png()}), tmp_path)
    assert flat.labels is None


@pytest.mark.parametrize(
    "name", ["/etc/a.png", "../a.png", "ok/../../a.png", "C:\\a.png", "\\\\server\\share\\a.png", "..\\a.png"]
)
def test_names_that_lead_out_are_refused_and_named(tmp_path, caplog, name):
    samples = load(zipped(tmp_path / "a.zip", {"cat/1.png": png(3), name: png(8)}), tmp_path)
    assert samples.values[:, 0, 0, 0].tolist() == [3]
    assert name in caplog.text
    assert "leads out of the archive" in caplog.text


def test_names_with_colons_are_fine(tmp_path, caplog):
    assert len(load(zipped(tmp_path / "a.zip", {"shots 12:30.png": png()}), tmp_path)) == 1
    assert caplog.text == ""


def test_symbolic_links_are_refused(tmp_path, caplog):
    path = zipped(tmp_path / "a.zip", {"1.png": png()})
    link = zipfile.ZipInfo("2.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(link, "1.png")
    assert len(load(path, tmp_path)) == 1
    assert "2.png (a symbolic link)" in caplog.text


def test_members_that_unpack_to_far_too_much_are_refused(tmp_path, caplog):
    path = zipped(tmp_path / "a.zip", {"1.png": png(), "bomb.bmp": bytes(3 << 20)})
    assert len(load(path, tmp_path)) == 1
    assert "bomb.bmp (it would unpack to 3145728 bytes" in caplog.text


def test_the_largest_member_is_bounded(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(archive, "MAX_SIZE", 100)
    path = zipped(tmp_path / "a.zip", {"1.bmp": bytes(101), "2.png": png()}, zipfile.ZIP_STORED)
    assert len(png()) <= 100
    assert len(load(path, tmp_path)) == 1
    assert "1.bmp" in caplog.text


def test_flat_drawings_of_ordinary_size_are_read_however_well_they_pack(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(buffer, format="BMP")
    path = zipped(tmp_path / "a.zip", {"1.bmp": buffer.getvalue()})
    assert len(buffer.getvalue()) > archive.MAX_RATIO * len(zlib.compress(buffer.getvalue()))
    assert len(load(path, tmp_path)) == 1


def test_a_damaged_member_is_skipped(tmp_path, caplog):
    good, bad = png(1), png(2)
    path = zipped(tmp_path / "a.zip", {"1.png": good, "2.png": bad}, zipfile.ZIP_STORED)
    content = path.read_bytes()
    place = content.index(bad) + len(bad) // 2
    path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
    assert load(path, tmp_path).values[:, 0, 0, 0].tolist() == [1]
    assert "2.png" in caplog.text


def test_the_cache_is_found_again_wherever_the_zip_lies(tmp_path, monkeypatch):
    path = zipped(tmp_path / "a.zip", {"1.png": png(1)})
    first = load(path, tmp_path)
    moved = path.rename(tmp_path / "b.zip")
    monkeypatch.setattr("gan_lightning.data.folder.decode", None)
    assert load(moved, tmp_path).fingerprint == first.fingerprint


def test_what_is_no_zip_is_an_error(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK nothing")
    with pytest.raises(UserError, match=r"data\.path: .*no readable \.zip"):
        load(tmp_path / "a.zip", tmp_path)


def test_a_zip_of_refused_images_says_why(tmp_path):
    with pytest.raises(UserError, match="leads out of the archive"):
        load(zipped(tmp_path / "a.zip", {"../a.png": png()}), tmp_path)
