"""Settings of who may do what, how much and how often."""

from dataclasses import dataclass, field
from typing import Annotated

from modelyard.bootstrap import setting_readers as read
from modelyard.domain.access.rate import Rate
from modelyard.domain.access.workload import TrustedIssuer
from modelyard.domain.bounds import MAX_PAGE_ITEMS
from modelyard.domain.model_version import MAX_JSON_BYTES
from modelyard.domain.names import MAX_TAGS
from modelyard.domain.quota import Quotas


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """The part of `Settings` that concerns callers."""

    auth: Annotated[
        str,
        read.choice("none", "tokens"),
        "Who may do what. none: everybody everything, on loopback addresses alone; tokens: who has a token, what its "
        "account was granted.",
    ] = "none"
    secret_key: Annotated[
        str,
        read.secret(),
        "What secrets of webhooks are made of: the same on all servers of a registry.",
        "the file <MODELYARD_DATA_DIR>/secret.key",
    ] = field(default="", repr=False)
    session_seconds: Annotated[int, read.integer(60, 365 * 24 * 3600), "How long a browser stays signed in."] = (
        12 * 3600
    )
    public_url: Annotated[
        str, read.public_url(), "Address by which people reach the registry. Needed with an identity provider.", "none"
    ] = ""
    oidc_issuer: Annotated[
        str, read.public_url(), "Address of the OpenID Connect provider that people sign in with.", "none"
    ] = ""
    oidc_client_id: Annotated[str, read.text(), "What the provider calls this registry."] = "modelyard"
    oidc_client_secret: Annotated[
        str, read.text(), "What the provider knows this registry by. Without: a public client.", "none"
    ] = field(default="", repr=False)
    oidc_scopes: Annotated[str, read.text(), "What the provider is asked for."] = "openid profile email"
    oidc_name_claim: Annotated[str, read.text(), "Claim that names the account that is made for somebody."] = (
        "preferred_username"
    )
    oidc_groups_claim: Annotated[
        str, read.text(), "Claim that tells which groups of the registry somebody is in.", "none"
    ] = ""
    oidc_link: Annotated[
        bool, read.switch(), "Let people take accounts that are there already under their name at the provider."
    ] = False
    oidc_label: Annotated[str, read.text(), "What people call the provider."] = "OpenID Connect"
    login_seconds: Annotated[
        int,
        read.integer(300, 365 * 24 * 3600),
        "How long a token is good for that `modelyard login` gets by a browser.",
    ] = (
        30 * 24 * 3600
    )
    workload_issuers: Annotated[
        tuple[TrustedIssuer, ...],
        read.issuers(),
        "Issuers of tokens of CI systems and clusters that are exchanged for short-lived ones.",
    ] = ()
    rate_per_address: Annotated[Rate | None, read.rate(), "Requests that are taken from one address."] = None
    rate_per_account: Annotated[Rate | None, read.rate(), "Requests that are taken from one account."] = None
    rate_of_failures: Annotated[
        Rate | None, read.rate(), "Wrong tokens from one address, and apart from them tries to sign in."
    ] = field(default=Rate(60, 60))
    rate_store_url: Annotated[
        str, read.redis_url(), "Where processes count together. Without: each counts for itself.", "each process"
    ] = field(
        default="", repr=False
    )  # it may hold a password
    quotas: Annotated[
        Quotas, read.quotas(), "Bytes that all versions of the models of a glob may have together, in their files."
    ] = ()
    max_page_items: Annotated[
        int, read.integer(100, MAX_PAGE_ITEMS), "Largest page of a list; clients ask for 100 items at once."
    ] = MAX_PAGE_ITEMS
    max_tags: Annotated[int, read.integer(0, MAX_TAGS), "Most tags of a model or version."] = MAX_TAGS
    max_metadata_bytes: Annotated[
        int, read.size(2, MAX_JSON_BYTES), "Largest metadata of a version, as canonical JSON."
    ] = MAX_JSON_BYTES

    @property
    def has_auth(self) -> bool:
        """Whether callers have to say who they are."""
        return self.auth != "none"
