"""All pages, as they stand in the scene. A page that is added gets its line here."""

from tests.web.scene import MODEL

VERSION = f"/models/{MODEL}/versions/5"

PLACES = (
    "/",
    "/search?q=fraud",
    "/search?q=stage%3Aprod+and",
    "/search/facets?q=fraud",
    f"/models/{MODEL}",
    f"/models/{MODEL}/edit",
    f"/models/{MODEL}/delete",
    VERSION,
    f"{VERSION}/metrics",
    f"{VERSION}/files",
    f"{VERSION}/files/model.safetensors",
    f"{VERSION}/files/evaluation/curve.png",
    f"{VERSION}/history",
    f"{VERSION}/move?to=production",
    f"{VERSION}/edit",
    f"{VERSION}/delete",
    f"/models/{MODEL}/requests/1",
    f"/models/{MODEL}/rollback",
    f"/compare?version={MODEL}:3&version={MODEL}:5&version=churn:3",
    f"/compare?version={MODEL}:3",
    "/compare",
    f"/register?model={MODEL}",
    "/events",
    "/events?action=role.granted",
    "/policies",
    "/policies/new",
    f"/policies/model?model={MODEL}",
    f"/models/{MODEL}/policy",
    "/webhooks",
    "/webhooks/new",
    "/admin",
    "/admin/workloads",
    "/nowhere",
)

GUARDED_PLACES = (
    "/admin",
    "/admin/accounts/ana",
    "/admin/groups/risk",
    "/admin/grants",
    "/admin/tokens",
    "/admin/workloads",
    "/tokens",
    "/webhooks",
    "/webhooks/1",
    "/policies/fraud.*",
    "/events",
    "/sign-in",
    "/device",
    "/password",
)
"""Those that are seen in a registry that asks who calls."""

PARTS = ("/events/list", "/policies/check", "/sign-in/provider", "/sign-in/callback")
"""Parts of pages that scripts ask for, and addresses that lead on: they have no frame to be looked at."""
