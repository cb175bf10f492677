import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from gan_lightning.data.decode import DecodeError, Target, decode, parse_resolution, read_header
from gan_lightning.errors import UserError


def gradient(height, width):
    return np.linspace(0, 255, height * width).round().astype(np.uint8).reshape(height, width)


def saved(image, path, **options):
    image.save(path, **options)
    return path


def png16(path, values, color_type):
    """Write 16-bit PNGs of kinds that Pillow reads but cannot write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, color_type, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "gif", "webp"])
def test_lossless_formats_keep_every_pixel(tmp_path, suffix):
    pixels = gradient(6, 10)
    options = {"lossless": True} if suffix == "webp" else {}
    path = saved(Image.fromarray(pixels), tmp_path / f"a.{suffix}", **options)
    assert (decode(path, "a", Target(6, 10, 1))[0] == pixels).all()


def test_jpeg_is_close(tmp_path):
    pixels = gradient(16, 16)
    path = saved(Image.fromarray(pixels), tmp_path / "a.jpg", quality=95)
    assert np.abs(decode(path, "a", Target(16, 16, 1))[0].astype(int) - pixels).max() < 12


def test_channels_are_red_green_blue_first(tmp_path):
    path = saved(Image.new("RGB", (3, 2), (10, 20, 30)), tmp_path / "a.png")
    image = decode(path, "a", Target(2, 3, 3))
    assert image.shape == (3, 2, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert image[:, 0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_gray_is_scaled_not_saturated(tmp_path, suffix):
    levels = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    path = saved(Image.fromarray(levels), tmp_path / f"a.{suffix}")
    assert (decode(path, "a", Target(16, 16, 1))[0].ravel() == np.arange(256)).all()


def test_32_bit_integer_gray_is_scaled_as_16_bit(tmp_path):
    values = np.array([[0, 257, 32896, 65535]], dtype=np.int32)
    path = saved(Image.fromarray(values), tmp_path / "a.tif")
    assert decode(path, "a", Target(1, 4, 1)).ravel().tolist() == [0, 1, 128, 255]


def test_big_endian_16_bit_gray_is_scaled(tmp_path):
    image = Image.frombytes("I;16B", (2, 1), struct.pack(">HH", 0, 65535))
    path = saved(image, tmp_path / "a.tif")
    assert decode(path, "a", Target(1, 2, 1)).ravel().tolist() == [0, 255]


@pytest.mark.parametrize(("color_type", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_16_bit_colour_and_alpha_are_scaled(tmp_path, color_type, channels):
    values = np.full((2, 2, channels), 65535, dtype=np.uint16)
    values[..., 0] = 0x8000
    image = decode(png16(tmp_path / "a.png", values, color_type), "a", Target(2, 2, 3))
    assert image[0, 0, 0] in (127, 128)


def test_one_bit_images_are_black_and_white(tmp_path):
    path = saved(Image.fromarray(np.array([[True, False]])), tmp_path / "a.png")
    assert decode(path, "a", Target(1, 2, 1)).ravel().tolist() == [255, 0]


def test_palette_gives_its_colours(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    pixels = decode(saved(image, tmp_path / "a.png"), "a", Target(1, 2, 3))
    assert pixels[:, 0, 0].tolist() == [255, 0, 0]
    assert pixels[:, 0, 1].tolist() == [0, 0, 255]


def test_cmyk_is_not_inverted(tmp_path):
    path = saved(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), tmp_path / "a.jpg", quality=100)
    red, green, blue = decode(path, "a", Target(8, 8, 3))[:, 4, 4]
    assert red > 240
    assert green < 15
    assert blue < 15


@pytest.mark.parametrize(("background", "expected"), [("white", 255), ("black", 0)])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB"])
def test_transparent_pixels_show_the_background(tmp_path, mode, background, expected):
    colours = {"RGBA": (9, 9, 9, 0), "LA": (9, 0), "P": 0, "L": 9, "RGB": (9, 9, 9)}
    image = Image.new(mode, (2, 2), colours[mode])
    transparency = {"P": 0, "L": 9, "RGB": (9, 9, 9)}
    options = {"transparency": transparency[mode]} if mode in transparency else {}
    path = saved(image, tmp_path / "a.png", **options)
    assert (decode(path, "a", Target(2, 2, 3, background=background)) == expected).all()


def test_half_transparency_is_blended(tmp_path):
    path = saved(Image.new("RGBA", (1, 1), (0, 0, 0, 128)), tmp_path / "a.png")
    assert decode(path, "a", Target(1, 1, 1)).item() == pytest.approx(127, abs=1)


def test_four_channels_keep_alpha(tmp_path):
    path = saved(Image.new("RGBA", (1, 1), (1, 2, 3, 77)), tmp_path / "a.png")
    assert decode(path, "a", Target(1, 1, 4)).ravel().tolist() == [1, 2, 3, 77]
    opaque = saved(Image.new("RGB", (1, 1), (1, 2, 3)), tmp_path / "b.png")
    assert decode(opaque, "b", Target(1, 1, 4))[3].item() == 255


def test_hidden_colour_does_not_bleed_into_resized_edges(tmp_path):
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 4, 8))
    path = saved(image, tmp_path / "a.png")
    seen = decode(path, "a", Target(3, 3, 4))
    assert seen[0][seen[3] > 30].max() < 20


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_exif_orientation_is_applied_once(tmp_path, suffix):
    image = Image.new("L", (16, 8))
    image.paste(255, (0, 0, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(image.convert("RGB"), tmp_path / f"a.{suffix}", exif=exif)
    pixels = decode(path, "a", Target(16, 8, 1))[0]
    assert pixels[:6].min() > 230
    assert pixels[10:].max() < 25
    assert (read_header(path, "a").height, read_header(path, "a").width) == (16, 8)


def test_only_the_first_frame_of_an_animation_is_taken(tmp_path):
    frames = [Image.new("L", (4, 4), value) for value in (40, 200)]
    path = saved(frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert (decode(path, "a", Target(4, 4, 1)) == 40).all()


def test_crop_keeps_proportions_and_the_middle(tmp_path):
    image = Image.new("L", (30, 10))
    image.paste(255, (10, 0, 20, 10))
    path = saved(image, tmp_path / "a.png")
    assert (decode(path, "a", Target(10, 10, 1)) == 255).all()
    squashed = decode(path, "a", Target(10, 10, 1, fit="squash"))[0]
    assert squashed[:, 0].max() == 0
    assert squashed[:, 5].min() == 255


@pytest.mark.parametrize("fit", ["crop", "squash"])
@pytest.mark.parametrize("size", [(5, 9), (40, 12), (1, 1)])
def test_any_size_fits_any_target(tmp_path, fit, size):
    path = saved(Image.new("L", (17, 23), 99), tmp_path / "a.png")
    assert (decode(path, "a", Target(*size, 1, fit=fit)) == 99).all()


def test_shrinking_averages_instead_of_dropping_pixels(tmp_path):
    pixels = np.indices((64, 64)).sum(0) % 2 * 255
    path = saved(Image.fromarray(pixels.astype(np.uint8)), tmp_path / "a.png")
    small = decode(path, "a", Target(8, 8, 1)).astype(int)
    assert np.abs(small - 127).max() <= 3


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tif"])
def test_a_truncated_file_is_an_error_that_names_it(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = saved(Image.fromarray(noise), tmp_path / f"a.{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DecodeError, match=r"^holiday/a\.jpg: "):
        decode(path, "holiday/a.jpg", Target(8, 8))


@pytest.mark.parametrize("content", [b"", b"not an image", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n"])
def test_other_content_is_refused(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(DecodeError, match="no PNG, JPEG"):
        decode(path, "a.png", Target(8, 8))


def test_floating_point_pixels_are_refused(tmp_path):
    path = saved(Image.fromarray(np.ones((2, 2), dtype=np.float32)), tmp_path / "a.tif")
    with pytest.raises(DecodeError, match="floating-point"):
        decode(path, "a.tif", Target(2, 2))


def test_decompression_bombs_are_refused_at_pillows_limit(tmp_path, monkeypatch):
    path = saved(Image.new("L", (11, 10)), tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 110)
    decode(path, "a.png", Target(8, 8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 109)
    with pytest.warns(Image.DecompressionBombWarning), pytest.raises(DecodeError, match=r"a\.png: 10x11 pixels"):
        decode(path, "a.png", Target(8, 8))


def test_resolution_is_a_square_or_height_and_width():
    assert parse_resolution(5) == (5, 5)
    assert parse_resolution([3, 4]) == (3, 4)
    for wrong in (0, [1], [1, 2, 3], [4, -1]):
        with pytest.raises(UserError, match=r"data\.resolution"):
            parse_resolution(wrong)
