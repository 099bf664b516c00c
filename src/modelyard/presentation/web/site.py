"""All pages."""

from modelyard.presentation.web.pages.actions.aliases import router as aliases
from modelyard.presentation.web.pages.actions.deleting import router as deleting
from modelyard.presentation.web.pages.actions.editing import router as editing
from modelyard.presentation.web.pages.actions.model_deleting import router as model_deleting
from modelyard.presentation.web.pages.actions.model_editing import router as model_editing
from modelyard.presentation.web.pages.actions.moving import router as moving
from modelyard.presentation.web.pages.actions.requests import router as requests
from modelyard.presentation.web.pages.actions.rolling_back import router as rolling_back
from modelyard.presentation.web.pages.admin.account_routes import router as accounts
from modelyard.presentation.web.pages.admin.grant_routes import router as grants
from modelyard.presentation.web.pages.admin.group_routes import router as groups
from modelyard.presentation.web.pages.admin.token_routes import router as tokens
from modelyard.presentation.web.pages.admin.workload_routes import router as workloads
from modelyard.presentation.web.pages.compare.routes import router as compare
from modelyard.presentation.web.pages.device.routes import router as device
from modelyard.presentation.web.pages.events.routes import router as events
from modelyard.presentation.web.pages.home.routes import router as home
from modelyard.presentation.web.pages.model.routes import router as model
from modelyard.presentation.web.pages.passwords.routes import router as passwords
from modelyard.presentation.web.pages.policies.checking import router as checking
from modelyard.presentation.web.pages.policies.model_routes import router as model_policies
from modelyard.presentation.web.pages.policies.pattern_routes import router as policies
from modelyard.presentation.web.pages.preferences import router as preferences
from modelyard.presentation.web.pages.register.routes import router as register
from modelyard.presentation.web.pages.search.routes import router as search
from modelyard.presentation.web.pages.sign_in.provider import coming_back, leaving
from modelyard.presentation.web.pages.sign_in.routes import router as sign_in
from modelyard.presentation.web.pages.static_files import router as static_files
from modelyard.presentation.web.pages.version.preview_page import router as preview
from modelyard.presentation.web.pages.version.routes import router as version
from modelyard.presentation.web.pages.webhooks.list_routes import router as webhooks
from modelyard.presentation.web.pages.webhooks.sending_routes import router as sending
from modelyard.presentation.web.pages.webhooks.webhook_routes import router as webhook

PAGES = (
    *(home, search, model, version, preview),
    *(moving, requests, aliases, editing, rolling_back, deleting, model_editing, model_deleting),
    *(compare, register, events),
    *(model_policies, checking, policies),
    *(webhooks, webhook, sending),
    *(accounts, groups, grants, tokens, workloads),
    *(sign_in, leaving, coming_back, device, passwords),
    *(preferences, static_files),
)
"""In the order in which addresses are tried."""
