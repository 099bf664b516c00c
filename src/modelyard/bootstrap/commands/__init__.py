"""The commands that run where the server's data is; they need the extra `server`."""

from collections.abc import Mapping
from typing import Final

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "serve": ("modelyard.bootstrap.commands.serve:serve", "Serve the registry over HTTP until the process is stopped."),
    "health": (
        "modelyard.bootstrap.commands.health:health",
        "Ask the server of the same settings whether it is alive.",
    ),
    "db": ("modelyard.bootstrap.commands.db:db", "Look after the database."),
    "gc": ("modelyard.bootstrap.commands.gc:gc", "Say what nothing refers to any more, and delete it."),
    "verify": (
        "modelyard.bootstrap.commands.verify:verify",
        "Read the files of all versions and compare them with their digests.",
    ),
    "audit": ("modelyard.bootstrap.commands.audit:audit", "Note how far history has come."),
    "backup": (
        "modelyard.bootstrap.commands.backup:backup",
        "Copy the registry as it is at this moment into a folder.",
    ),
    "restore": ("modelyard.bootstrap.commands.restore:restore", "Bring a backup into an empty registry."),
    "copy": (
        "modelyard.bootstrap.commands.copy:copy",
        "Copy the registry that the settings name into another database and store.",
    ),
}
"""Where each is, and what the overview says of it, so that the overview imports none of them."""
