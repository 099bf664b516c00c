"""What pages show, without any HTML."""

import pytest

from modelyard.application.ports.search import Facet, Facets, FacetValue
from modelyard.application.services.governing import Governing
from modelyard.domain.errors import InvalidInput, QuerySyntaxError
from modelyard.domain.json_value import JsonObject
from modelyard.domain.lifecycle import Stage
from modelyard.domain.policy import DEFAULT_POLICY, policy_of
from modelyard.domain.query import Subject, parse
from modelyard.presentation.web.abilities import Abilities
from modelyard.presentation.web.forms import local_target, refused
from modelyard.presentation.web.pages.model.address import ModelState, column_text, columns_in
from modelyard.presentation.web.pages.search.facets import facets_view
from modelyard.presentation.web.pages.search.sorting import sort_views
from modelyard.presentation.web.pages.search.view import SearchState, refused_search
from modelyard.presentation.web.pages.version.overview import leaves
from modelyard.presentation.web.pages.version.preview_kinds import PreviewKind, kind_of
from modelyard.presentation.web.views.policy import policy_view


def test_a_policy_is_told_in_words() -> None:
    document: JsonObject = {
        "transitions": {"draft": ["staging", "production"], "production": []},
        "exclusive": ["staging"],
        "gates": {"rollback": [{"name": "calm", "expression": "metric.auc > 0"}]},
        "approvals": {"production": 2},
    }
    view = policy_view(Governing(policy=policy_of(document), stored=None, overridden=()))
    assert view.source == "the built-in policy"
    assert [(each.target, each.gates, each.approvals) for each in view.targets] == [
        ("production", (), 2),
        ("rollback", (("calm", "metric.auc > 0"),), 0),
    ]
    assert view.notes == (
        "One version at a time is in staging: the next archives the last.",
        "A draft may go to production without staging.",
        "No version leaves production.",
    )


def test_the_built_in_policy_asks_for_nothing() -> None:
    view = policy_view(Governing(policy=DEFAULT_POLICY, stored=None, overridden=()))
    assert view.targets == ()
    assert view.notes == ("One version at a time is in production: the next archives the last.",)


def test_facets_say_what_was_counted_and_which_are_chosen() -> None:
    values = [FacetValue("risk", 2_000), FacetValue("", 1)]
    found = Facets(counted=2_000, is_complete=False, facets=[Facet('tag."my team"', values)])
    view = facets_view('tag."my team":risk fraud', "-updated_at", found)
    assert view.note == "Counted among the 2,000 newest"
    [group] = view.groups
    assert (group.label, [(each.value, each.count, each.is_chosen) for each in group.values]) == (
        "my team",
        [("risk", "2,000", True), ("(empty)", "1", False)],
    )
    assert group.values[0].href == "/search?q=fraud&sort=-updated_at"


def test_the_order_that_results_are_in_is_always_offered() -> None:
    views = sort_views("fraud", "param.depth", ["auc@my set"], has_words=True)
    assert [view.label for view in views if view.is_chosen] == ["param.depth"]
    assert {view.label: view.href for view in views}["auc@my set, highest"].endswith("sort=-metric.%22auc%40my+set%22")
    assert "Best match" in {view.label for view in views}
    assert "Best match" not in {view.label for view in sort_views("", "", [], has_words=False)}


@pytest.mark.parametrize(("q", "before", "after"), [("a and", "a and", ""), ("stage:x y", "", "stage:x y")])
def test_a_query_is_cut_where_it_stops_making_sense(q: str, before: str, after: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(q, Subject.VERSIONS)
    fault = refused_search(SearchState(q=q), caught.value).fault
    assert fault is not None
    assert fault.before + fault.after == q
    assert fault.hint


def test_columns_come_back_from_their_text() -> None:
    for columns in ((), ("auc",), ("auc@a,b", 'f"1', "loss")):
        assert columns_in(column_text(columns)) == columns
    assert columns_in("") is None
    with pytest.raises(InvalidInput):
        columns_in('a"b"c,"')


def test_the_address_of_a_model_holds_what_is_chosen() -> None:
    state = ModelState(sort="-number", metric="auc", columns=("a", "b"))
    assert state.link("my model") == "/models/my%20model?sort=-number&metric=auc&columns=a%2Cb"
    assert state.with_column(("a", "b"), "a").columns == ("b",)
    assert (state.sorted_by("number"), state.sorted_by("size_bytes")) == ("number", "-size_bytes")


def test_metadata_is_shown_by_the_paths_that_queries_use() -> None:
    document: JsonObject = {"a": {"b": 1, "c": {"d": "text"}}, "e": [1, 2], "f": {}, "g": None}
    assert list(leaves(document)) == [("a.b", "1"), ("a.c.d", "text"), ("e", "[1,2]"), ("f", "{}"), ("g", "null")]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/config.JSON", PreviewKind.JSON),
        ("README", PreviewKind.TEXT),
        ("x.tar.gz", None),
        ("json", None),
        ("a.b/c", None),
        ("model.pkl", None),
        ("index.html", None),
        ("picture.svg", None),
    ],
)
def test_what_can_be_looked_at_is_told_by_its_name(path: str, kind: PreviewKind | None) -> None:
    assert kind_of(path) is kind


@pytest.mark.parametrize("target", ["//x", "/\\x", "https://x", "", "x", "/a\nb", "javascript:1"])
def test_other_servers_are_no_targets(target: str) -> None:
    assert local_target(target) == "/"


def test_a_refusal_is_told_beside_its_field_or_above_the_form() -> None:
    with pytest.raises(InvalidInput) as caught:
        columns_in(",".join("abcdefghi"))
    beside = refused({"columns": "x"}, caught.value)
    assert (beside.fault("columns"), beside.message, beside.status) == ("are at most 8", "", 422)
    above = refused({"other": "x"}, caught.value)
    assert above.message == "columns are at most 8"


def test_who_may_not_release_leaves_production_alone() -> None:
    maintainer = Abilities(release=False)
    assert maintainer.can_move(Stage.DRAFT, Stage.STAGING)
    assert not maintainer.can_move(Stage.STAGING, Stage.PRODUCTION)
    assert not maintainer.can_move(Stage.PRODUCTION, Stage.ARCHIVED)
    assert not Abilities(promote=False).can_move(Stage.DRAFT, Stage.STAGING)
