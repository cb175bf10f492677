"""Projection: the distance, the plan, and that images of the generator are found again."""

import pytest
import torch
from styled_toys import StyledToy, styled_catalog
from toys import toy_recipe

from gan_lightning.editing.maker import Maker
from gan_lightning.editing.mixing import mixing_grid
from gan_lightning.editing.perceptual import PerceptualDistance
from gan_lightning.editing.project import Plan, project
from gan_lightning.errors import UserError
from gan_lightning.fit import Session
from gan_lightning.recipe import check
from gan_lightning.trained import Trained


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    return _maker(tmp_path_factory, "styled")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return _maker(tmp_path_factory, "toy")


def _maker(folders, architecture):
    catalog = styled_catalog()
    data = {"name": "digits", "resolution": 8, "batch_size": 8}
    recipe = check(toy_recipe(folders.mktemp("run"), architecture=architecture, data=data), catalog)
    session = Session.prepare(recipe, catalog)
    return Maker(Trained(session.module.eval(), recipe, session.samples.spec, 0, 0))


def test_the_distance_is_zero_at_the_target_and_leads_to_it():
    target = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    distance = PerceptualDistance(target)
    near = (target + 0.1).clamp(-1, 1)[None].requires_grad_()
    far = (-target)[None]
    assert distance(target[None]).item() == pytest.approx(0, abs=1e-6)
    assert 0 < distance(near).item() < distance(far).item()
    (gradient,) = torch.autograd.grad(distance(near).sum(), [near])
    assert distance(near - 1e-3 * gradient.sign()).item() < distance(near).item()


def test_rates_and_noise_go_as_the_paper_has_them():
    plan = Plan(steps=1000)
    assert plan.lr_at(0) == pytest.approx(0.1 / 50)
    assert plan.lr_at(49) == plan.lr_at(700) == pytest.approx(0.1)
    assert plan.lr_at(874) == pytest.approx(0.05)
    assert plan.lr_at(999) == pytest.approx(0, abs=1e-9)
    assert plan.noise_at(0) == pytest.approx(0.05)
    assert plan.noise_at(375) == pytest.approx(0.05 / 4)
    assert plan.noise_at(750) == plan.noise_at(999) == 0


@pytest.mark.parametrize("space", ["w", "w+"])
def test_an_image_of_the_generator_is_found_again(maker, space):
    (image,) = torch.cat(list(maker.images(maker.of_seeds([3]))))
    plan = Plan(steps=25, candidates=4)
    found = project(maker, image, space, plan)
    mean = PerceptualDistance(image)(maker.styled.synthesis(maker.style_statistics().mean)).item()
    assert found.distance < 0.3 * mean
    assert torch.allclose(maker.styled.synthesis(found.tensors["styles"])[0], found.image, atol=1e-5)
    assert found.protocol["space"] == space
    assert found.protocol["weights_sha256"]


def test_a_projection_is_a_function_of_its_seed(plain):
    target = torch.full((1, 8, 8), 0.3)
    plan = Plan(steps=3, candidates=4)
    first, again, other = (project(plain, target, "z", plan, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.tensors["latents"], again.tensors["latents"])
    assert not torch.equal(first.tensors["latents"], other.tensors["latents"])


def test_the_weights_are_left_alone(plain):
    project(plain, torch.zeros(1, 8, 8), "z", Plan(steps=2, candidates=4))
    assert all(weight.grad is None for weight in plain.generator.parameters())


def test_latents_have_no_styles(plain):
    with pytest.raises(UserError, match="has no styles"):
        project(plain, torch.zeros(1, 8, 8), "w", Plan(steps=2, candidates=4))


def test_seeds_name_the_samples_that_sampling_makes(plain):
    made = torch.cat(list(plain.images(plain.of_seeds([0, 4]))))
    wanted = torch.cat([plain.trained.sample(1, seed=seed) for seed in (0, 4)])
    assert torch.allclose(made, wanted, atol=1e-6)
    many = torch.cat(list(plain.images(plain.draw(70, 4))))
    assert torch.allclose(many, plain.trained.sample(70, seed=4), atol=1e-6)


def test_a_mixture_has_some_layers_of_each(maker):
    rows, columns = maker.of_seeds([0, 1]), maker.of_seeds([2, 3, 4])
    table = mixing_grid(maker, rows, columns, [0]).unflatten(0, (3, 4))
    down, across = maker.styles(rows), maker.styles(columns)
    mixed = torch.stack([across[2, 0], *down[1, 1:]])
    assert torch.allclose(table[2, 3], maker.styled.synthesis(mixed[None])[0], atol=1e-6)
    assert torch.allclose(table[0, 1:], torch.cat(list(maker.images(columns))), atol=1e-6)
    assert torch.allclose(table[1:, 0], torch.cat(list(maker.images(rows))), atol=1e-6)
    with pytest.raises(UserError, match=f"layers 0-{StyledToy.LAYERS - 1}"):
        mixing_grid(maker, rows, columns, [StyledToy.LAYERS])


def test_images_are_the_same_each_time_and_whole_whatever_layers_do(plain, monkeypatch):
    def noisy(latents, labels=None):
        return torch.rand(len(latents), 1, 4, 4)

    monkeypatch.setattr(plain.generator, "forward", noisy)
    inputs = plain.of_seeds([1, 2])
    before = torch.get_rng_state()
    first, again = plain.image(inputs), plain.image(inputs)
    assert torch.equal(first, again)
    assert first.shape == (2, 1, 8, 8)
    assert torch.equal(torch.get_rng_state(), before)
