import itertools

import pytest

from modelyard.domain.errors import TransitionRefused
from modelyard.domain.lifecycle import Stage, Step, plan_step
from modelyard.domain.policy import DEFAULT_POLICY, DEFAULT_TRANSITIONS, Policy

DRAFT, STAGING, PRODUCTION, ARCHIVED = Stage

ALWAYS = {
    (DRAFT, STAGING): Step.PROMOTE,
    (DRAFT, ARCHIVED): Step.ARCHIVE,
    (STAGING, DRAFT): Step.DEMOTE,
    (STAGING, PRODUCTION): Step.PROMOTE,
    (STAGING, ARCHIVED): Step.ARCHIVE,
    (PRODUCTION, STAGING): Step.DEMOTE,
    (PRODUCTION, ARCHIVED): Step.ARCHIVE,
    (ARCHIVED, DRAFT): Step.RESTORE,
    (ARCHIVED, STAGING): Step.RESTORE,
}
SKIPPING = Policy(transitions={**DEFAULT_TRANSITIONS, DRAFT: frozenset({STAGING, PRODUCTION, ARCHIVED})})


def plan(
    from_stage: Stage, to_stage: Stage, *, policy: Policy = DEFAULT_POLICY, has_been_in_production: bool = False
) -> Step:
    allowed = policy.transitions[from_stage]
    return plan_step(from_stage, to_stage, allowed=allowed, has_been_in_production=has_been_in_production)


def open_steps(policy: Policy, *, has_been_in_production: bool) -> dict[tuple[Stage, Stage], Step]:
    """Every pair of stages, tried."""
    found = {}
    for pair in itertools.product(Stage, Stage):
        try:
            found[pair] = plan(*pair, policy=policy, has_been_in_production=has_been_in_production)
        except TransitionRefused:
            continue
    return found


@pytest.mark.parametrize(
    ("policy", "has_been_in_production", "beyond"),
    [
        pytest.param(DEFAULT_POLICY, False, {}, id="by default"),
        pytest.param(DEFAULT_POLICY, True, {(ARCHIVED, PRODUCTION): Step.ROLLBACK}, id="after production"),
        pytest.param(SKIPPING, False, {(DRAFT, PRODUCTION): Step.PROMOTE}, id="where staging may be skipped"),
        pytest.param(
            SKIPPING,
            True,
            {(DRAFT, PRODUCTION): Step.PROMOTE, (ARCHIVED, PRODUCTION): Step.ROLLBACK},
            id="where both hold",
        ),
    ],
)
def test_the_open_steps_are_exactly_those_of_the_table(
    policy: Policy, has_been_in_production: bool, beyond: dict[tuple[Stage, Stage], Step]
) -> None:
    assert open_steps(policy, has_been_in_production=has_been_in_production) == ALWAYS | beyond


@pytest.mark.parametrize("from_stage", Stage)
@pytest.mark.parametrize("to_stage", Stage)
def test_a_refusal_tells_where_the_version_can_go(from_stage: Stage, to_stage: Stage) -> None:
    if (from_stage, to_stage) in ALWAYS:
        assert plan(from_stage, to_stage)
        return

    with pytest.raises(TransitionRefused) as refusal:
        plan(from_stage, to_stage)

    reachable = [target for source, target in ALWAYS if source is from_stage]
    assert refusal.value.details == {"from_stage": from_stage, "to_stage": to_stage, "allowed": reachable}


@pytest.mark.parametrize(
    ("from_stage", "to_stage", "hint"),
    [
        (DRAFT, DRAFT, "already"),
        (DRAFT, PRODUCTION, "staging first"),
        (ARCHIVED, PRODUCTION, "restore"),
        (PRODUCTION, DRAFT, "staging, archived"),
    ],
)
def test_a_refusal_says_what_to_do_instead(from_stage: Stage, to_stage: Stage, hint: str) -> None:
    with pytest.raises(TransitionRefused) as refusal:
        plan(from_stage, to_stage)

    assert hint in refusal.value.hint


def test_only_production_holds_one_version_at_a_time() -> None:
    assert DEFAULT_POLICY.exclusive == {PRODUCTION}
