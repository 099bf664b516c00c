import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

import modelyard
from modelyard.client.errors import UnsupportedModel, UntrustedFormat

ROWS = torch.linspace(-1, 1, 40).reshape(10, 4)


class Network(torch.nn.Module):  # type: ignore[misc] # it has no types here
    """Two layers that share their weights, and a part that counts what it sees while it is trained."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.first = torch.nn.Linear(4, width)
        self.second = torch.nn.Linear(width, 4)
        if width == 4:
            self.second.weight = self.first.weight
        self.norm = torch.nn.BatchNorm1d(4)

    def forward(self, rows: Any) -> Any:
        return self.norm(self.second(torch.relu(self.first(rows))))


def answers_of(model: Any) -> Any:
    model.eval()
    with torch.no_grad():
        return model(ROWS)


def test_a_module_comes_back_into_one_of_its_class(registry: modelyard.Registry, name: str) -> None:
    model = Network()
    model(ROWS)
    version = registry.push(name, model, example=ROWS)
    loaded = registry.load(version.reference, into=Network())
    assert isinstance(loaded, Network)
    assert torch.equal(answers_of(loaded), answers_of(model))
    assert version.framework == {"name": "torch", "version": torch.__version__}
    assert version.signature == {
        "inputs": [{"name": "input", "dtype": "float32", "shape": [-1, 4]}],
        "outputs": [{"name": "prediction", "dtype": "float32", "shape": [-1, 4]}],
    }


def test_the_example_leaves_the_model_as_it_was(registry: modelyard.Registry, name: str) -> None:
    model = Network()
    model.first.eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    registry.push(name, model, example=ROWS)
    assert (model.training, model.first.training, model.norm.training) == (True, False, True)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_without_a_class_the_whole_state_comes_back(registry: modelyard.Registry, name: str) -> None:
    model = Network()
    registry.push(name, model)
    state: Any = registry.load(f"{name}:1")
    assert set(state) == set(model.state_dict())
    assert all(torch.equal(value, model.state_dict()[key]) for key, value in state.items())


def test_a_class_that_does_not_fit_is_refused(registry: modelyard.Registry, name: str) -> None:
    registry.push(name, Network())
    with pytest.raises(UnsupportedModel, match="does not fit"):
        registry.load(f"{name}:1", into=Network(width=8))


def test_a_state_with_more_than_tensors_is_refused(registry: modelyard.Registry, name: str) -> None:
    class Counting(torch.nn.Linear):  # type: ignore[misc] # it has no types here
        def get_extra_state(self) -> dict[str, int]:
            return {"seen": 3}

    with pytest.raises(UnsupportedModel, match="safetensors cannot hold"):
        registry.push(name, Counting(2, 2))


@pytest.mark.parametrize("is_file", [False, True])
def test_what_torch_pickles_needs_trust(registry: modelyard.Registry, name: str, tmp_path: Path, is_file: bool) -> None:
    model = Network()
    if is_file:
        torch.save(model, tmp_path / "network.pt")
        registry.push(name, tmp_path / "network.pt")
    else:
        registry.push(name, model, format="pickle")
    with pytest.raises(UntrustedFormat):
        registry.load(f"{name}:1")
    loaded = registry.load(f"{name}:1", trust="pickle")
    assert torch.equal(answers_of(loaded), answers_of(model))


def test_loading_warns_of_nothing_on_the_machine_that_trained(registry: modelyard.Registry, name: str) -> None:
    registry.push(name, Network())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        registry.load(f"{name}:1")
