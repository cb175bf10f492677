"""Other sizes, images put in at a scale, larger images and films."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from gan_lightning_single_image.editor import Editor, Motion
from gan_lightning_single_image.masks import soft_mask
from gan_lightning_single_image.sizes import resized
from gan_lightning_single_image.tasks import TASKS, Request
from single_image_games import begin, make_game

from gan_lightning.errors import UserError
from gan_lightning.randomness import Randomness


def editor_of(game):
    def networks(*, averaged):
        del averaged
        game.adapt(game.networks, 0)
        return dict(game.networks.items())

    return Editor(SimpleNamespace(module=SimpleNamespace(game=game, networks=networks)))


@pytest.fixture
def editor():
    return editor_of(begin(make_game(), 2))


def test_samples_of_other_sizes_are_made_of_larger_noise(editor):
    made = editor.samples(2, Randomness(0), (16, 40))
    assert made.shape == (2, 3, 16, 40)
    sizes = [(12, 30), (14, 35), (16, 40)]
    noise = editor.game.draw_noise(2, Randomness(0), sizes)
    torch.testing.assert_close(made, editor.generator.refine(noise))
    assert editor.samples(1, Randomness(0)).shape == (1, 3, 16, 24)
    assert editor.samples(1, Randomness(0), (32, 48), start=2).shape == (1, 3, 32, 48)
    with pytest.raises(UserError, match="size: 10x24 begins with 8x18, and sides must be 11 or more"):
        editor.samples(1, Randomness(0), (10, 24))


def test_scales_before_the_start_keep_the_reference(editor):
    generator, noise = editor.generator, editor.game.reference_noise(3)
    below = generator.refine(noise[:2])
    drawn = editor.game.draw_noise(2, Randomness(0), generator.sizes[2:], 2)
    made = editor.samples(2, Randomness(0), start=2)
    torch.testing.assert_close(made, generator.refine(drawn, below.expand(2, -1, -1, -1), 2))
    torch.testing.assert_close(editor.reconstruction(), generator.refine(noise))
    with pytest.raises(UserError, match="scale: expected 0 to 2, got 3"):
        editor.samples(1, Randomness(0), start=3)


def test_an_image_is_put_in_at_the_size_of_the_scale_before(editor):
    image = torch.rand(1, 3, 16, 24) * 2 - 1
    noise = editor.game.draw_noise(1, Randomness(4), editor.generator.sizes[1:], 1)
    small = resized(image, editor.generator.sizes[0])
    assert any(part.any() for part in noise), "the scales that run are given noise"
    made = editor.injected(image, Randomness(4), 1)
    torch.testing.assert_close(made, editor.generator.refine(noise, small, 1))
    for scale in (0, 3):
        with pytest.raises(UserError, match=f"scale: expected 1 to 2, got {scale}"):
            editor.injected(image, Randomness(0), scale)


def test_enlarging_asks_the_finest_scale_six_times_for_a_factor_of_four(editor):
    asked = []
    refine = editor.generator.refine
    editor.generator.refine = lambda noise, below, first: (
        asked.append((first, below.shape[2:])) or refine(noise, below, first)
    )
    made = editor.enlarged(torch.rand(1, 3, 12, 20), Randomness(0), 4.0)
    assert made.shape == (1, 3, 48, 80)
    assert [first for first, _ in asked] == [2] * 6
    assert [tuple(shape) for _, shape in asked[:3]] == [(12, 20), (15, 25), (19, 32)]
    with pytest.raises(UserError, match=r"times: expected more than 1, got 1\.0"):
        editor.enlarged(made, Randomness(0), 1.0)


def test_films_begin_near_the_reference_and_move_by_the_papers_rule(editor):
    seen = []
    refine = editor.generator.refine
    editor.generator.refine = lambda noise: seen.append([part.clone() for part in noise]) or refine(noise)
    made = list(editor.frames(4, Randomness(0), start=1, motion=Motion(0.2, 0.7)))
    assert len(made) == 4
    rest = editor.game.reference_noise(3)
    assert all(torch.equal(noise[0], rest[0]) for noise in seen), "scales before the start keep z*"

    def fresh(frame):
        return editor.game.draw_noise(1, Randomness(0).at(frame), editor.generator.sizes)[1]

    torch.testing.assert_close(seen[0][1], 0.05 * fresh(0))
    step = 0.8 * (seen[0][1] + 0.7 * (seen[0][1] - rest[1]) + 0.3 * fresh(1))
    torch.testing.assert_close(seen[1][1], step)
    step = 0.8 * (seen[1][1] + 0.7 * (seen[1][1] - seen[0][1]) + 0.3 * fresh(2))
    torch.testing.assert_close(seen[2][1], step)


def test_a_pyramid_that_is_not_done_and_another_game_are_refused():
    with pytest.raises(UserError, match="only 2 of 3 scales have been begun"):
        editor_of(begin(make_game(), 1))
    with pytest.raises(UserError, match="SimpleNamespace has not learned one image by scales"):
        Editor(SimpleNamespace(module=SimpleNamespace(game=SimpleNamespace())))


def test_masks_are_widened_and_soft():
    mask = torch.zeros(1, 1, 250, 200)
    mask[:, :, 120:130, 90:110] = 1
    soft = soft_mask(mask, 7)
    assert soft.shape == mask.shape
    assert soft[0, 0, 125, 100] > 0.9
    assert 0.4 < soft[0, 0, 112, 100] < 0.8, "it reaches 7 pixels further"
    assert soft[0, 0, 60, 100] == 0
    assert soft_mask(mask, 20).sum() > 1.5 * soft.sum()
    assert soft_mask(torch.ones(1, 1, 16, 24), 20).min() >= 0.3


def test_what_lies_far_from_the_mask_stays_as_it_was(editor):
    image, mask = torch.rand(1, 3, 16, 24), torch.zeros(1, 1, 16, 24)
    mask[:, :, :3, :3] = 1
    (made,) = TASKS["harmonize"](editor, Request(Randomness(0), 1, image, mask))
    torch.testing.assert_close(made[:, :, 10:, 12:], image[:, :, 10:, 12:])
    assert not torch.allclose(made[:, :, :3, :3], image[:, :, :3, :3], atol=1e-2)
    (whole,) = TASKS["harmonize"](editor, Request(Randomness(0), 1, image))
    torch.testing.assert_close(whole, editor.injected(image, Randomness(0), 1))


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_does_what_it_is_asked_for_or_says_what_is_missing(editor, name):
    task, image = TASKS[name], torch.rand(1, 3, 16, 24)
    request = Request(Randomness(0), image=image if task.needs_image else None, frames=2, times=2.0)
    made = list(task(editor, request))
    assert len(made) == (2 if task.film else 1)
    assert all(part.isfinite().all() for part in made)
    with pytest.raises(UserError, match="IMAGE: "):
        task(editor, Request(Randomness(0), image=None if task.needs_image else image))
    if not task.takes_mask:
        with pytest.raises(UserError, match="--mask: this task takes none"):
            task(editor, Request(Randomness(0), image=request.image, mask=torch.ones(1, 1, 16, 24)))
