import numpy as np
import pytest
import torch
from PIL import Image

from gan_lightning.data.drawing import draw, image_grid, save_each
from gan_lightning.data.spec import DataSpec

POINTS = DataSpec((2,), kind="points")


def levels(count, channels=1, size=(32, 32)):
    """Images of one level each, from black to white."""
    return torch.linspace(-1, 1, count)[:, None, None, None].expand(count, channels, *size)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA"), (5, "RGB")])
def test_a_grid_is_a_png_of_the_right_kind(tmp_path, channels, mode):
    spec = DataSpec((channels, 32, 40))
    path = draw(spec, levels(5, channels, (32, 40)), tmp_path / "deep/grid.png")
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("PNG", mode)
        assert image.size == (3 * 42 + 2, 2 * 34 + 2)
    assert [entry.name for entry in path.parent.iterdir()] == ["grid.png"]


def test_cells_are_in_reading_order(tmp_path):
    grid = image_grid(levels(6), columns=3)
    assert grid.shape == (1, 2 * 34 + 2, 3 * 34 + 2)
    seen = [grid[0, 2 + 34 * row, 2 + 34 * column].item() for row in range(2) for column in range(3)]
    assert seen == [0, 51, 102, 153, 204, 255]
    assert grid[0, :2].max() == 0
    assert grid[0, 2:34, 34:36].max() == 0


def test_more_columns_than_images_leave_no_empty_cells():
    assert image_grid(levels(2), columns=8).shape == (1, 36, 70)


@pytest.mark.parametrize(
    ("size", "cell"), [((8, 8), (32, 32)), ((5, 7), (35, 49)), ((64, 16), (128, 32)), ((33, 40), (33, 40))]
)
def test_small_images_are_enlarged_by_whole_pixels(size, cell):
    image = torch.rand(1, 3, *size) * 2 - 1
    grid = image_grid(image)[:, 2:-2, 2:-2]
    assert grid.shape[1:] == cell
    scale = cell[0] // size[0]
    assert torch.equal(grid[:, ::scale, ::scale], grid[:, scale - 1 :: scale, scale - 1 :: scale])


def test_two_channels_are_shown_one_above_the_other():
    image = torch.stack([torch.full((32, 32), -1.0), torch.full((32, 32), 1.0)])[None]
    grid = image_grid(image)[0, 2:-2, 2:-2]
    assert grid.shape == (64, 32)
    assert grid[:32].max() == 0
    assert grid[32:].min() == 255


def test_values_out_of_range_and_nan_are_drawn(tmp_path):
    images = torch.tensor([float("nan"), 9.0, -9.0, float("inf")])[:, None, None, None].expand(4, 1, 32, 32)
    grid = image_grid(images, columns=4)
    assert [grid[0, 5, 5 + 34 * column].item() for column in range(4)] == [128, 255, 0, 255]


def test_half_precision_and_graphs_are_accepted(tmp_path):
    images = torch.zeros(1, 1, 32, 32, dtype=torch.bfloat16, requires_grad=True)
    draw(DataSpec((1, 32, 32)), images, tmp_path / "a.png")
    points = torch.zeros(3, 2, dtype=torch.bfloat16, requires_grad=True)
    draw(POINTS, points, tmp_path / "b.png", real=points)


def colours(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_points_are_drawn_over_the_real_ones(tmp_path):
    real = torch.randn(500, 2)
    alone = colours(draw(POINTS, torch.randn(500, 2), tmp_path / "a.png"))
    both = colours(draw(POINTS, torch.randn(500, 2), tmp_path / "b.png", real=real))
    blue = lambda image: ((image[..., 2] - image[..., 0]) > 60).sum()  # noqa: E731
    gray = lambda image: (np.abs(image - 191).max(-1) < 6).sum()  # noqa: E731
    assert blue(alone) > 500
    assert blue(both) > 500
    assert gray(both) > gray(alone) + 300


def test_axes_are_equal(tmp_path):
    across = torch.stack([torch.linspace(-1, 1, 400), torch.zeros(400)], dim=1)
    image = colours(draw(POINTS, torch.cat([across, across.flip(1)]), tmp_path / "cross.png"))
    blue = image[..., 2] - image[..., 0] > 60
    assert blue.sum(0).max() > 100
    assert blue.sum(0).max() == pytest.approx(blue.sum(1).max(), rel=0.1)


def test_far_points_do_not_shrink_the_rest(tmp_path):
    points = torch.randn(300, 2, generator=torch.Generator().manual_seed(0))
    near = colours(draw(POINTS, points, tmp_path / "a.png", real=points))
    stray = torch.tensor([[1e6, 1e6], [float("nan"), 0.0]])
    far = colours(draw(POINTS, torch.cat([points, stray]), tmp_path / "b.png", real=points))
    legend = slice(70, None)
    assert np.array_equal(near[legend, :300], far[legend, :300])


@pytest.mark.parametrize("dimensions", [1, 5])
def test_points_of_other_dimensions_are_drawn(tmp_path, dimensions):
    spec = DataSpec((dimensions,), kind="points")
    assert draw(spec, torch.randn(9, dimensions), tmp_path / "a.png").stat().st_size > 0


def test_a_failed_drawing_keeps_the_old_file(tmp_path, monkeypatch):
    spec = DataSpec((1, 32, 32))
    path = draw(spec, levels(1), tmp_path / "a.png")
    before = path.read_bytes()

    def fail(self, *arguments, **options):
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        draw(spec, levels(9), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_images_are_saved_one_by_one_unscaled(tmp_path):
    spec = DataSpec((3, 4, 6))
    save_each(spec, levels(2, 3, (4, 6)), tmp_path / "out")
    save_each(spec, levels(3, 3, (4, 6))[1:], tmp_path / "out", start=2)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["000000.png", "000001.png", "000002.png", "000003.png"]
    with Image.open(tmp_path / "out/000002.png") as image:
        assert image.size == (6, 4)
        assert image.getpixel((0, 0)) == (128, 128, 128)


def test_points_are_saved_in_one_table(tmp_path):
    points = torch.tensor([[0.1, -2.0], [3.0, 1e-7]])
    save_each(POINTS, points, tmp_path)
    save_each(POINTS, points, tmp_path, start=2)
    table = np.genfromtxt(tmp_path / "points.csv", delimiter=",", names=True)
    assert table.dtype.names == ("x0", "x1")
    assert torch.equal(torch.tensor(table["x1"]).float(), points[:, 1].repeat(2))
    save_each(POINTS, points, tmp_path)
    assert len((tmp_path / "points.csv").read_text().splitlines()) == 3
