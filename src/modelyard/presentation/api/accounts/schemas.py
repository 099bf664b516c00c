"""What goes in and out for accounts."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from modelyard.domain.access.account import MAX_DISPLAY_NAME, Account, AccountDraft, AccountKind
from modelyard.domain.access.role import Role
from modelyard.domain.access.standing import Standing
from modelyard.domain.access.token import Scope
from modelyard.presentation.api.fields import AccountName, Actor, Input, ModelPattern, Moment, Output, Revision

DisplayName = Annotated[
    str,
    Field(max_length=MAX_DISPLAY_NAME, examples=["Ana from Risk"], json_schema_extra={"format": "display-name"}),
]
Kind = Annotated[AccountKind, Field(strict=False, description="A service signs in by tokens alone")]


class AccountCreate(Input):
    """A new account."""

    name: AccountName
    kind: Kind = AccountKind.PERSON
    display_name: DisplayName = ""

    def draft(self) -> AccountDraft:
        """In the domain's terms."""
        return AccountDraft(name=self.name, kind=self.kind, display_name=self.display_name)


class AccountUpdate(Input):
    """What is to change; what is left out stays."""

    display_name: DisplayName | None = None
    active: bool | None = Field(default=None, description="One that is not active can do nothing, at once")


class AccountRead(Output):
    """An account."""

    name: AccountName
    kind: AccountKind
    display_name: DisplayName
    active: bool
    groups: list[AccountName] = Field(examples=[["risk"]])
    created_at: Moment
    created_by: Actor
    updated_at: Moment
    updated_by: Actor
    revision: Revision

    @classmethod
    def of(cls, account: Account) -> "AccountRead":
        """As it is shown."""
        return cls(
            name=account.name,
            kind=account.kind,
            display_name=account.display_name,
            active=account.is_active,
            groups=list(account.groups),
            created_at=account.created_at,
            created_by=account.created_by,
            updated_at=account.updated_at,
            updated_by=account.updated_by,
            revision=account.revision,
        )


class AccountList(Output):
    """All accounts, by name."""

    items: list[AccountRead]


class RoleIn(Output):
    """A role, and the models that it is for."""

    models: ModelPattern
    role: Role


class Me(Output):
    """Who calls, and what they may do."""

    name: Actor
    authenticated: bool = Field(description="False where the registry asks nobody who they are")
    roles: list[RoleIn] = Field(description="The most specific pattern that covers a model's name decides")
    scopes: list[Scope] = Field(description="What the token narrows them down to", examples=[["write"]])
    models: list[ModelPattern] = Field(description="The models that the token is good for", examples=[["*"]])

    @classmethod
    def of(cls, standing: Standing, *, is_authenticated: bool) -> "Me":
        """As it is shown."""
        grants: Sequence[tuple[str, Role]] = sorted({(grant.models, grant.role) for grant in standing.grants})
        return cls(
            name=standing.principal.name,
            authenticated=is_authenticated,
            roles=[RoleIn(models=models, role=role) for models, role in grants],
            scopes=[scope for scope in Scope if scope in standing.scopes],
            models=list(standing.models),
        )
