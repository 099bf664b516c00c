"""Checks the rules of the house that no linter knows: sizes, telling file names, no banner comments."""

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

FILE_LIMIT = 299
CLASS_LIMIT = 199
FUNCTION_LIMIT = 29
VAGUE_WORDS = {"base", "common", "helper", "helpers", "impl", "manager", "util", "utils"}
BANNER = re.compile(r"#\s*[-=#~*_]{3,}")

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def span(node: ast.stmt) -> int:
    """Lines from the first to the last of a statement; those of decorators come before `def` and `class`."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def counted_lines(definition: Definition) -> int:
    """The lines that count against the limit: all for a class, all but its own docstring for a function."""
    has_docstring = ast.get_docstring(definition, clean=False) is not None
    if isinstance(definition, ast.ClassDef) or not has_docstring:
        return span(definition)
    return span(definition) - span(definition.body[0])


def size_violations(source: str) -> Iterator[tuple[int, str]]:
    """Line and message of everything that is longer than its limit."""
    if (lines := len(source.splitlines())) > FILE_LIMIT:
        yield 1, f"file: {lines} lines (limit {FILE_LIMIT})"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Definition):
            limit = CLASS_LIMIT if isinstance(node, ast.ClassDef) else FUNCTION_LIMIT
            if (lines := counted_lines(node)) > limit:
                yield node.lineno, f"{node.name}: {lines} lines (limit {limit})"


def name_violations(path: Path) -> Iterator[tuple[int, str]]:
    """A module or folder whose last word says nothing about what it holds."""
    for name in (*path.parent.parts, path.stem):
        if name.split("_")[-1] in VAGUE_WORDS:
            yield 1, f"{name}: a vague name; say what is inside"


def banner_violations(source: str) -> Iterator[tuple[int, str]]:
    """Comments that draw lines."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and BANNER.match(token.string):
            yield token.start[0], "comment: a banner; split the file instead"


def violations(path: Path) -> Iterator[str]:
    """Everything wrong with one file, as `path:line: name: what`."""
    source = path.read_text(encoding="utf-8")
    for line, message in (*size_violations(source), *name_violations(path), *banner_violations(source)):
        yield f"{path}:{line}: {message}"


def python_files(paths: list[Path]) -> Iterator[Path]:
    """The files named, and all Python files below the folders named."""
    for path in paths:
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def main() -> int:
    """Prints each violation on a line of its own; 1 when there is any."""
    parser = argparse.ArgumentParser(
        description=f"{__doc__} A file has at most {FILE_LIMIT} lines, a class {CLASS_LIMIT}, a function "
        f"{FUNCTION_LIMIT} (from `def` to the last line, without the docstring)."
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a Python file, or a folder to search")
    found = [violation for path in python_files(parser.parse_args().paths) for violation in violations(path)]
    for violation in found:
        print(violation)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
