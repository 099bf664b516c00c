"""What goes in and out for tokens."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from modelyard.domain.access.token import MAX_TOKEN_NAME, Scope, Secret, Token, TokenDraft, TokenKind, in_order
from modelyard.presentation.api.fields import AccountName, Actor, Input, ModelPattern, Moment, Output

MAX_PATTERNS = 100
TokenName = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TOKEN_NAME, examples=["nightly training"], json_schema_extra={"format": "key"}),
]
Scopes = Annotated[
    list[Annotated[Scope, Field(strict=False)]],
    Field(min_length=1, max_length=10, description="What it may be used for", examples=[["write"]]),
]
Patterns = Annotated[
    list[ModelPattern],
    Field(min_length=1, max_length=MAX_PATTERNS, description="The models that it is good for", examples=[["fraud.*"]]),
]


FutureMoment = Annotated[datetime, Field(strict=False, examples=["2999-01-31T12:00:00Z"])]


class TokenCreate(Input):
    """A token that is wanted."""

    name: TokenName
    scopes: Scopes
    models: Patterns = Field(default_factory=lambda: ["*"])
    expires_at: FutureMoment | None = Field(default=None, description="Until when; without: until revoked")
    account: AccountName | None = Field(default=None, description="Whose; without: one's own")

    def draft(self) -> TokenDraft:
        """In the domain's terms."""
        return TokenDraft(
            name=self.name, scopes=frozenset(self.scopes), models=tuple(self.models), expires_at=self.expires_at
        )


class TokenRead(Output):
    """A token, without its secret."""

    id: int = Field(examples=[9])
    kind: TokenKind = Field(
        description="A token of a program, the session of a browser, or what a workload got in exchange"
    )
    account: AccountName
    name: TokenName
    ending: str = Field(description="The last characters of the secret", examples=["x7Qa"])
    scopes: list[Scope] = Field(examples=[["write"]])
    models: list[ModelPattern] = Field(examples=[["fraud.*"]])
    expires_at: Moment | None
    created_at: Moment
    created_by: Actor
    last_used_at: Moment | None = Field(description="To about five minutes")
    revoked_at: Moment | None

    @classmethod
    def of(cls, token: Token) -> "TokenRead":
        """As it is shown."""
        return cls(
            id=token.id,
            kind=token.kind,
            account=token.account,
            name=token.draft.name,
            ending=token.ending,
            scopes=in_order(token.draft.scopes),
            models=list(token.draft.models),
            expires_at=token.draft.expires_at,
            created_at=token.created_at,
            created_by=token.created_by,
            last_used_at=token.last_used_at,
            revoked_at=token.revoked_at,
        )


class TokenCreated(TokenRead):
    """A new token, with its secret, which is shown only here."""

    token: str = Field(
        description="Send it as `Authorization: Bearer …`", examples=["mdy_EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE0000000"]
    )

    @classmethod
    def made(cls, token: Token, secret: Secret) -> "TokenCreated":
        """As it is shown once."""
        return cls(**TokenRead.of(token).model_dump(), token=secret.text)


class TokenList(Output):
    """Tokens, the newest first."""

    items: list[TokenRead]
