"""The signature of a model, by an example of what it takes."""

import json
from typing import Final

from modelyard.client.failures import CannotPush
from modelyard.client.flavours.flavour import Flavour
from modelyard.client.flavours.signature import Feature, Signature, features_of, first_rows
from modelyard.client.push.content import Content

_LARGEST: Final = 200_000
ROWS: Final = 10


def signature_of(content: Content, example: object) -> tuple[Signature | None, str, list[str]]:
    """The signature, where it comes from, and notes of what is missing.

    The model predicts on at most ten rows of the example, so that its outputs are known too; where it cannot, there
    is a note. Without an example a model may know its signature itself.
    """
    if example is None:
        return content.saved.signature, "the model", []
    inputs = features_of(example)
    outputs, notes = _outputs(content.flavour, content.model, example) if content.model is not None else ([], [])
    signature = Signature(inputs=inputs, outputs=outputs)
    if len(json.dumps(signature.document)) > _LARGEST:
        return None, "", [f"the signature of {len(inputs)} inputs is larger than a version may hold"]
    return signature, "the example" + (f", and the answer to {ROWS} rows of it" if outputs else ""), notes


def _outputs(flavour: Flavour, model: object, example: object) -> tuple[list[Feature], list[str]]:
    try:
        answer = flavour.predict(model, first_rows(example, ROWS))
    except Exception as error:  # noqa: BLE001 # the model's own code, and not worth a push
        return [], [f"outputs are unknown: predicting on the example raised {type(error).__name__}: {error}"[:300]]
    if answer is None:
        return [], [f"outputs are unknown: the flavour {flavour.name} does not try this model"]
    try:
        return features_of(answer, "prediction"), []
    except CannotPush as error:
        return [], [f"outputs are unknown: {error.message}"]
