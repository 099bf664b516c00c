"""Model cards as HTML that can do nothing: Markdown without HTML in it, and of what comes out only what is known."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:  # imported with the first card
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

REMEMBERED = 64
"""Cards that are kept as they were rendered; the longest takes a tenth of a second, and some 100 KiB."""

_LEVELS_DOWN = 2
"""A card stands below the page's first heading and its own."""

_TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "em", "strong", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}


async def card_html(card: str) -> str:
    """A card's HTML, made beside the event loop."""
    return await run_in_threadpool(rendered, card) if card.strip() else ""


@lru_cache(maxsize=REMEMBERED)
def rendered(card: str) -> str:
    """Safe HTML. HTML in the card is shown as text, and an image that lies elsewhere is a link to it."""
    import nh3  # noqa: PLC0415 - with the first card

    return nh3.clean(
        _parser().render(card),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="nofollow noopener noreferrer",
    )


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - with the first card

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 50}).enable(["table", "strikethrough"])
    parser.core.ruler.push("levels_down", lambda state: _level_down(state.tokens))
    parser.core.ruler.push("linked_pictures", lambda state: _link_pictures(state.tokens))
    return parser


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    """Data is shown as a picture, and never followed."""
    is_data = value.lstrip().lower().startswith("data:")
    return None if is_data and (tag, attribute) != ("img", "src") else value


def _level_down(tokens: Sequence["Token"]) -> None:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1:]) + _LEVELS_DOWN)}"


def _link_pictures(tokens: Sequence["Token"]) -> None:
    """Put a link in the place of each picture that would be fetched from elsewhere."""
    for token in tokens:
        token.children = [piece for child in token.children or () for piece in _linked(child)] or None


def _linked(token: "Token") -> Sequence["Token"]:
    source = str(token.attrGet("src") or "")
    if token.type != "image" or source.startswith("data:image/"):
        return (token,)
    from markdown_it.token import Token  # noqa: PLC0415 - with the first card

    return (
        Token("link_open", "a", 1, attrs={"href": source}),
        Token("text", "", 0, content=token.content or source[:200]),
        Token("link_close", "a", -1),
    )
