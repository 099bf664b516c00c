"""Graphs in ONNX."""

from pathlib import Path
from typing import Any

from modelyard.client.failures import UnsupportedModel
from modelyard.client.flavours.flavour import Flavour, Format, Loading, Saved, required
from modelyard.client.flavours.sealed import Sealed
from modelyard.client.flavours.signature import Feature, Signature


class Onnx(Flavour):
    """A graph of known operators and its weights: data alone. Loading gives a session of ONNX Runtime."""

    name = "onnx"
    framework = "onnx"
    modules = ("onnx",)
    formats = (Format(name="onnx"),)
    suffixes = {".onnx": "onnx"}
    needs = {"onnx": ("onnxruntime",)}

    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """`model.onnx`; weights of a model beyond 2 GiB stand beside it, as Protocol Buffers end there."""
        onnx = required("onnx", "onnx")
        is_large = model.ByteSize() >= 2**31
        onnx.save_model(model, folder / "model.onnx", save_as_external_data=is_large, location="model.weights")
        return Saved(entry="model.onnx", signature=_signature_of(onnx, model))

    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """An `onnxruntime.InferenceSession` on the processor; no libraries of operators are loaded with it."""
        runtime = required("onnxruntime", "onnxruntime")
        session: object = runtime.InferenceSession(str(folder / sealed.entry), providers=["CPUExecutionProvider"])
        return session

    def takes_folder(self, folder: Path) -> str | None:
        """One graph, and its weights beside it."""
        return "onnx" if len(list(folder.glob("*.onnx"))) == 1 else None

    def describe(self, folder: Path, entry: str, form: str) -> Saved:
        """The graph tells its inputs and outputs, where the package onnx is there to read it."""
        entry = entry or next(folder.glob("*.onnx")).name
        try:
            onnx = required("onnx", "onnx")
        except UnsupportedModel:
            return Saved(entry=entry)
        model = onnx.load_model(folder / entry, load_external_data=False)
        return Saved(entry=entry, signature=_signature_of(onnx, model))


def _signature_of(onnx: Any, model: Any) -> Signature:
    weights = {weight.name for weight in model.graph.initializer}
    return Signature(
        inputs=[_feature(onnx, value) for value in model.graph.input if value.name not in weights],
        outputs=[_feature(onnx, value) for value in model.graph.output],
    )


def _feature(onnx: Any, value: Any) -> Feature:
    tensor = value.type.tensor_type
    kind = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
    shape = [size.dim_value if size.HasField("dim_value") else -1 for size in tensor.shape.dim]
    return Feature(name=value.name, dtype={"float": "float32", "double": "float64"}.get(kind, kind), shape=shape)
