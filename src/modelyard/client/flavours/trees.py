"""Decision trees of scikit-learn that came out of a file: harmless only when their nodes lead to each other.

skops does not count `sklearn.tree._tree.Tree` among the types that are safe. Making one runs scikit-learn's own code
alone, but it takes numbers of nodes and features as they are, and predicting follows them without looking: numbers made
up by an attacker lead out of the tree's memory. Here they are looked at before the model is given to anybody.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from modelyard.client.failures import DamagedFile
from modelyard.client.flavours.flavour import required

TREE: Final = "sklearn.tree._tree.Tree"


def check_trees(model: object) -> None:
    """Hold every tree within a model against its own sizes.

    Raises:
        DamagedFile: a node leads out of its tree, or asks for a feature that is not there.
    """
    kind = required("sklearn.tree._tree", "scikit-learn").Tree
    for found in _objects_within(model):
        if isinstance(found, kind):
            _check(found)


def _check(tree: Any) -> None:
    count = tree.node_count
    is_sound = 0 < count <= tree.capacity and tree.n_features >= 0 and tree.max_depth >= 0
    if is_sound:
        left, right, feature = tree.children_left, tree.children_right, tree.feature
        inner = left != -1
        places = (left[inner], right[inner])
        parents = inner.nonzero()[0]
        is_sound = (
            all(((place > parents) & (place < count)).all() for place in places)
            and ((feature[inner] >= 0) & (feature[inner] < tree.n_features)).all()
            and tree.value.shape[0] == count
        )
    if not is_sound:
        raise DamagedFile("the model holds a decision tree whose nodes lead nowhere; it was not made by training")


def _objects_within(root: object) -> Iterator[object]:
    """Whatever can be reached through attributes, containers and bound methods, each once."""
    waiting, seen = [root], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, str | bytes | int | float | complex | type | None):
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        elif getattr(getattr(one, "dtype", None), "hasobject", False) and hasattr(one, "flat"):
            waiting += list(one.flat)
        waiting += getattr(one, "__dict__", {}).values()
        waiting += [getattr(one, name) for name in ("__self__", "func", "args", "keywords") if hasattr(one, name)]
