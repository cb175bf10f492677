import torch

from gan_lightning.layers import mean_over_processes


def test_one_process_keeps_its_values_without_their_graph():
    values = torch.ones(3, requires_grad=True) * 2
    mean = mean_over_processes(values)
    assert torch.equal(mean, values)
    assert not mean.requires_grad


def test_several_processes_share_the_mean_and_keep_their_own(monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 4)
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda values: values.mul_(6))
    values = torch.tensor([2.0, 4.0])
    assert mean_over_processes(values).tolist() == [3.0, 6.0]
    assert values.tolist() == [2.0, 4.0]
