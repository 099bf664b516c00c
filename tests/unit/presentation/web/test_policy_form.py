"""From the fields of a policy's form to the policy, and back."""

import pytest

from modelyard.domain.errors import InvalidInput
from modelyard.domain.lifecycle import Stage
from modelyard.domain.policy import DEFAULT_POLICY, policy_of
from modelyard.presentation.web.pages.policies.condition_check import check_condition
from modelyard.presentation.web.pages.policies.policy_form import PolicyForm, form_of, sent_form

POLICY = policy_of(
    {
        "transitions": {"draft": ["staging", "production"], "archived": []},
        "exclusive": ["staging"],
        "gates": {
            "production": [
                {"name": "good", "expression": "metric.auc >= 0.9"},
                {"name": "b", "expression": "size < 9"},
            ],
            "rollback": [{"name": "c", "expression": "approvals >= 1"}],
        },
        "approvals": {"production": 2, "rollback": 1},
    }
)


def fields_of(form: PolicyForm) -> dict[str, str]:
    """As a browser sends the form."""
    rows = {
        f"gate-{number}-{part}": getattr(row, part)
        for number, row in enumerate(form.gates)
        for part in ("target", "name", "expression")
    }
    chosen = [f"exclusive-{stage}" for stage in form.exclusive] + [f"step-{step}" for step in form.steps]
    approvals = {f"approvals-{target}": count for target, count in form.approvals.items()}
    return {"tag": "policy-1-1", **rows, **approvals, **dict.fromkeys(chosen, "on")}


@pytest.mark.parametrize("policy", [POLICY, DEFAULT_POLICY], ids=["one with everything", "the built-in one"])
def test_a_policy_comes_back_as_it_was(policy: object) -> None:
    held = POLICY if policy is POLICY else DEFAULT_POLICY
    assert sent_form(fields_of(form_of(held))).policy() == held


def test_rows_that_were_taken_out_leave_gaps_and_blank_ones_are_none() -> None:
    form = sent_form(
        {
            "gate-4-target": "staging",
            "gate-4-name": "x",
            "gate-4-expression": "size > 1",
            "gate-1000-target": "production",
            "gate-1000-name": " ",
            "gate-1000-expression": "",
            "gate-nonsense": "",
        }
    )
    policy = form.policy()
    assert [(target, [gate.name for gate in gates]) for target, gates in policy.gates.items()] == [("staging", ["x"])]
    assert policy.transitions[Stage.DRAFT] == frozenset()
    assert policy.exclusive == frozenset()


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"gate-7-name": "", "gate-7-expression": "size > 1"}, "gate-0-name"),
        ({"gate-1-name": "a", "gate-1-expression": "size >"}, "gate-0-expression"),
        ({"gate-0-name": "", "gate-3-name": "a", "gate-3-expression": "what = 1"}, "gate-1-expression"),
        ({"approvals-production": "two"}, "approvals-production"),
        ({"approvals-production": "-1"}, "approvals-production"),
        ({"approvals-rollback": "11"}, "approvals-rollback"),
        ({"approvals-staging": "\u0663"}, "approvals-staging"),
        ({"gate-0-target": "nowhere", "gate-0-name": "a", "gate-0-expression": "size > 1"}, "gates"),
    ],
)
def test_a_fault_is_named_by_the_field_that_it_is_in(fields: dict[str, str], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        sent_form(fields).policy()
    assert [fault.pointer for fault in refusal.value.errors] == [pointer]


def test_two_gates_of_one_name_are_told_at_the_second() -> None:
    rows = {f"gate-{n}-{part}": text for n in (0, 1) for part, text in (("name", "a"), ("expression", "size > 1"))}
    with pytest.raises(InvalidInput) as refusal:
        sent_form(rows).policy()
    assert [fault.pointer for fault in refusal.value.errors] == ["gate-1-name"]


def test_an_expression_is_checked_with_its_place() -> None:
    check = check_condition("metric.auc@holdout >= ")
    assert not check.is_sound
    assert check.message.startswith("The condition ends where")
    assert (check.before, check.after) == ("metric.auc@holdout >= ", "")
    unknown = check_condition('tag.team = "a" and metrc.auc > 1')
    assert (unknown.before, unknown.after) == ('tag.team = "a" and ', "metrc.auc > 1")
    assert "metric" in unknown.hint
    assert check_condition("size > 1").is_sound
    assert check_condition("  ").message == ""
    assert check_condition("(" * 3000).message
