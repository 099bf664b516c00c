"""Why a change of stage, a policy or an approval is refused."""

from modelyard.domain.errors import Conflict, NotFound


class PolicyNotFound(NotFound):
    """No policy is set for this pattern, or none of the model's own."""

    code = "policy-not-found"
    title = "There is no such policy"


class RequestNotFound(NotFound):
    """The model has no request of this number."""

    code = "request-not-found"
    title = "There is no such request"


class GateFailed(Conflict):
    """A gate of the policy does not pass; details hold `gates`, the whole checklist with the values seen."""

    code = "gate-failed"
    title = "The version does not pass the gates"


class ApprovalRequired(Conflict):
    """The policy wants approvals that are not given; details hold `needed` and `given`, and the checklist."""

    code = "approval-required"
    title = "The change of stage has to be approved"


class OwnRequest(Conflict):
    """Nobody approves or rejects what they asked for themselves, and nobody approves twice."""

    code = "own-request"
    title = "Somebody else has to decide"


class RequestClosed(Conflict):
    """The request was decided, withdrawn or has expired; details hold `standing`."""

    code = "request-closed"
    title = "The request is not open any more"
    default_hint = "Make a new request."


class RequestExists(Conflict):
    """The same step of the same version is asked for already; details hold `id`, the open request."""

    code = "request-exists"
    title = "There is an open request for this"


class NothingToRollBackTo(Conflict):
    """No earlier version was in production, or the named one never was."""

    code = "nothing-to-roll-back-to"
    title = "There is nothing to roll back to"
