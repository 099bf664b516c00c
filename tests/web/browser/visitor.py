"""Somebody with a browser, and all that goes wrong on their pages."""

from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Dialog, Page

# Plotly brings the styles of maps along, which no page has; the policy refuses them.
_EXPECTED = ("Applying inline style violates", "plotly.min.js")


@dataclass
class Visitor:
    """Notes what no page shall do: log an error, raise one, or open a dialog."""

    page: Page
    faults: list[str] = field(default_factory=list)
    refusals: tuple[str, ...] = ()
    """Statuses of answers that a test provokes; a browser logs them as errors."""

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        is_expected = _EXPECTED[0] in message.text and _EXPECTED[1] in message.location.get("url", "")
        is_refusal = any(f"status of {status}" in message.text for status in self.refusals)
        if message.type == "error" and not is_expected and not is_refusal:
            self.faults.append(f"console: {message.text} at {message.location}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def sign(self, name: str) -> None:
        """Choose the name that stands in the history."""
        self.page.goto("/")
        self.page.locator("summary.caller-name").click()
        self.page.get_by_label("Your name in the history").fill(name)
        self.page.get_by_role("button", name="Use this name").click()
        self.page.get_by_text(f"What you do is recorded as {name} now.").wait_for()
