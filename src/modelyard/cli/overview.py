"""What `modelyard` and `modelyard --help` print."""

from collections.abc import Mapping

from modelyard.cli.catalogue import Entries


def overview(sections: Mapping[str, Entries]) -> str:
    """All commands by section, one a line, with a line of help each."""
    width = max(len(name) for entries in sections.values() for name in entries)
    lines = [
        "Usage: modelyard COMMAND [OPTIONS] [ARGUMENTS]...",
        "",
        "A machine-learning model registry: register, describe, version, measure, promote, search and fetch models.",
    ]
    for title, entries in sections.items():
        lines += ["", f"{title}:", *(f"  {name:{width}}  {line}" for name, (_, line) in entries.items())]
    lines += [
        "",
        "Versions are named churn:7, churn:production, churn:latest or churn@alias.",
        "`modelyard COMMAND --help` tells more; --version prints the version.",
    ]
    return "\n".join(lines) + "\n"
