import re

import pytest

from modelyard.presentation.web.markdown import card_html, rendered

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def test_a_card_is_shown_as_it_is_meant() -> None:
    html = rendered("# Churn\n\nWho *leaves*, by `tree`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. one\n\n~~old~~")
    for part in ("<h3>Churn</h3>", "<em>leaves</em>", "<code>tree</code>", "<td>1</td>", "<li>one</li>", "<s>old</s>"):
        assert part in html


def test_headings_stand_below_those_of_the_page() -> None:
    assert re.findall(r"<(h\d)>", rendered("# a\n## b\n### c\n#### d\n##### e")) == ["h3", "h4", "h5", "h6", "h6"]


@pytest.mark.parametrize(
    "card",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html,<script>alert(1)</script>)",
        "[a](vbscript:msgbox)",
        '[a](http://x.invalid/"onmouseover="alert(1))',
        '![a"onload="alert(1)](http://x.invalid/a.png)',
        f'![a"onload="alert(1)]({PIXEL})',
        "![a](data:image/svg+xml,<svg onload=alert(1)>)",
        "<style>*{display:none}</style>",
        '<form action="/models/x"><button>go</button></form>',
        "`<script>`\n\n```html\n<script>alert(1)</script>\n```",
        "[a]: javascript:alert(1)\n\n[a]",
        "<http://x.invalid/<script>>",
        "| <b onclick=alert(1)> |\n|---|\n| <svg/onload=alert(1)> |",
    ],
)
def test_nothing_in_a_card_runs_or_takes_over_the_page(card: str) -> None:
    html = rendered(card)
    tags = re.findall(r"<(\w+)([^>]*)>", html)
    assert not {tag for tag, _ in tags} & {"script", "style", "svg", "form", "button", "iframe"}
    for _, attributes in tags:
        assert not re.search(r'(?:^|[\s"])on\w+=(?=["\'])', re.sub(r'"[^"]*"', '""', attributes))
        assert not re.search(r'(?:href|src)="\s*(?:javascript|vbscript|data:text)', attributes, re.IGNORECASE)


def test_pictures_come_with_the_card_or_are_links() -> None:
    assert f'<img src="{PIXEL}" alt="a curve">' in rendered(f"![a curve]({PIXEL})")
    elsewhere = rendered("![a curve](https://x.invalid/curve.png)")
    assert "<img" not in elsewhere
    assert '<a href="https://x.invalid/curve.png" rel="nofollow noopener noreferrer">a curve</a>' in elsewhere


def test_deep_nesting_ends() -> None:
    assert rendered("> " * 5_000 + "deep")
    assert rendered("[" * 5_000)


async def test_an_empty_card_is_nothing() -> None:
    assert await card_html(" \n") == ""
