from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel

import modelyard
from modelyard.client.errors import UntrustedFormat

WORDS = torch.arange(12).reshape(2, 6)


def tiny() -> Any:
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=30, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, num_labels=3
    )
    return BertForSequenceClassification(config).eval()


def answers_of(model: Any) -> Any:
    with torch.no_grad():
        return model.eval()(WORDS).logits


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_model_comes_back_and_predicts_the_same(
    registry: modelyard.Registry, name: str, tmp_path: Path, is_folder: bool
) -> None:
    model: Any = tiny()
    given: Any = model
    if is_folder:
        model.save_pretrained(tmp_path)
        (tmp_path / "README.md").write_text("# Tiny\n", encoding="utf-8")
        given = tmp_path
    version = registry.push(name, given)
    assert {file.path for file in version.files} >= {"config.json", "model.safetensors", "modelyard.json"}
    loaded = registry.load(version.reference)
    assert isinstance(loaded, BertForSequenceClassification)
    assert torch.equal(answers_of(loaded), answers_of(model))
    assert version.framework is not None
    assert version.framework["name"] == "transformers"
    assert version.card.startswith("# Tiny" if is_folder else f"# {name}")


def test_a_class_can_be_chosen(registry: modelyard.Registry, name: str) -> None:
    registry.push(name, tiny())
    assert isinstance(registry.load(f"{name}:1", into=BertModel), BertModel)


def test_a_folder_with_pickled_weights_alone_is_refused(
    registry: modelyard.Registry, name: str, tmp_path: Path
) -> None:
    model = tiny()
    model.config.save_pretrained(tmp_path)
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(UntrustedFormat, match=r"pytorch_model\.bin"):
        registry.push(name, tmp_path)
    version = registry.push(name, tmp_path, flavour="files")
    assert isinstance(registry.load(version.reference), Path)
