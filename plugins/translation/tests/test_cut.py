"""CUT: what patches are told from, where gradients go, and who trains the heads."""

import pytest
import torch
from gan_lightning_translation.cut import ContrastiveTranslation, PatchHeads, contrast
from torch.nn.functional import normalize
from translation_turns import make_game, paid, pairs, pairs_spec, take_turn

from gan_lightning.errors import UserError

SPEC = pairs_spec((3, 16, 16))
SMALL = {"generator": {"channels": 2, "blocks": 2}, "discriminator": {"channels": 2}, "head_width": 8}


def small(spec=SPEC, architecture="cut", **options):
    return make_game(ContrastiveTranslation, spec, architecture, **{**SMALL, **options})


def test_contrast_is_the_cross_entropy_of_the_right_patch_of_the_same_image():
    queries, keys = (normalize(torch.randn(2, 5, 3), dim=2).requires_grad_() for _ in range(2))
    wanted = []
    for image in range(2):
        for patch in range(5):
            products = torch.stack([(queries[image, patch] * key).sum() / 0.07 for key in keys[image]])
            wanted.append(products.logsumexp(0) - products[patch])
    value = contrast(queries, keys, 0.07)
    torch.testing.assert_close(value, torch.stack(wanted).mean())
    value.backward()
    assert queries.grad.any()
    assert keys.grad is None


def test_patches_that_are_their_source_are_told_best():
    heads = PatchHeads((3, 4), 8)
    maps = [torch.randn(2, 3, 6, 6), torch.randn(2, 4, 3, 3)]
    places = [torch.tensor([5, 7, 30]), torch.tensor([0, 8])]
    vectors = heads(maps, places)
    assert [tuple(part.shape) for part in vectors] == [(2, 3, 8), (2, 2, 8)]
    assert all((part.norm(dim=2) - 1).abs().max() < 1e-5 for part in vectors)
    maps[0].requires_grad_()
    own = heads(maps, places)[0]
    spread = torch.autograd.grad(own[1, 2].square()[0], maps[0])[0]
    assert spread[1, :, 5, 0].any()
    assert spread.count_nonzero() <= 3, "place 30 of image 1 and nothing else"


def test_the_generator_pays_two_contrasts():
    game = small(contrast=2.0, identity=3.0, adversarial=2.0)
    turn = take_turn(game, pairs(SPEC), "generator")
    terms = paid(turn)
    assert list(terms) == ["loss", "contrast", "identity"]
    logits = turn.fake_critique.logits
    assert terms["loss"] == pytest.approx((logits - 1).square().mean().item(), rel=1e-5)
    assert terms["contrast"] == pytest.approx(2 * turn.contrast(turn.sources, turn.made, "patches").item(), rel=1e-5)
    itself = turn.contrast(turn.sources, turn.sources, "patches").item()
    assert itself < terms["contrast"] / 2
    assert "identity" not in small(identity=0.0).phases()[1].terms


def test_the_heads_are_trained_with_the_generator():
    game = small()
    turn = take_turn(game, pairs(SPEC), "generator")
    turn.phase.terms["contrast"](turn).backward()
    assert game.networks["heads"].layers[0][0].weight.grad.any()
    assert game.networks["generator"].up[0].weight.grad.any()
    assert game.player("generator").networks == ("generator", "heads")


def test_places_are_drawn_anew_and_are_the_same_on_every_process():
    game = small(patches=10)
    turn = take_turn(game, pairs(SPEC), "generator")
    maps = torch.zeros(2, 3, 8, 8)
    places = turn._places(maps, "a")
    assert len(places) == len(places.unique()) == 10
    assert not torch.equal(places, turn._places(maps, "b"))
    turn.random.rank, turn.random.world = 1, 2
    assert torch.equal(places, turn._places(maps, "a"))
    assert len(turn._places(torch.zeros(2, 3, 2, 2), "a")) == 4


def test_what_cannot_be_is_refused():
    with pytest.raises(UserError, match="take cut's"):
        small(architecture="pix2pix", generator={"channels": 2})
    with pytest.raises(UserError, match=r"game\.identity: sources have another shape"):
        small(pairs_spec((1, 16, 16), (3, 16, 16)))


def test_a_head_whose_units_are_dead_has_bounded_gradients():
    heads = PatchHeads((3,), 8)
    torch.nn.init.constant_(heads.layers[0][0].bias, -100.0)
    heads([torch.rand(1, 3, 2, 2)], [torch.arange(4)])[0].sum().backward()
    assert heads.layers[0][2].bias.grad.abs().max() <= 4 / 1e-3 + 1
