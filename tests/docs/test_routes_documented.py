import re
from pathlib import Path

from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.presentation.api.app import BASE, create_api
from tests.docs.guide import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_guide_lists_every_route_and_no_other(tmp_path: Path) -> None:
    document = create_api(build_context(Settings(data_dir=tmp_path))).openapi()
    routes = {
        f"{method.upper()} {path.removeprefix(BASE)}"
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert set(re.findall(r"(?m)^\| `([A-Z]+ /[^`]*)`", PAGE)) == routes
