"""All commands of the client: where each is, and what the overview says of it. Importing this costs nothing."""

from collections.abc import Mapping
from typing import Final, TypeAlias

Entries: TypeAlias = Mapping[str, tuple[str, str]]
"""By name: `module:attribute`, and one line of help."""

_HERE: Final = "modelyard.cli.commands"

SECTIONS: Final[Mapping[str, Entries]] = {
    "Models and their versions": {
        "push": (f"{_HERE}.push:push", "Register a version from a file or a folder."),
        "pull": (f"{_HERE}.pull:pull", "Fetch the files of a version, verified."),
        "load-check": (f"{_HERE}.load_check:load_check", "See whether a version can be loaded here, and what it is."),
        "ls": (f"{_HERE}.ls:ls", "List models, or the versions of one."),
        "show": (f"{_HERE}.show:show", "Show a model, or a version with its files and its card."),
        "search": (f"{_HERE}.search:search", "Find versions of all models by a query."),
        "tag": (f"{_HERE}.tag:tag", "Set or remove tags of a model or a version."),
        "rename": (f"{_HERE}.removal:rename", "Give a model another name."),
        "delete": (f"{_HERE}.removal:delete", "Delete a version, or a model with all of its versions."),
    },
    "Metrics": {
        "metrics": (f"{_HERE}.metrics:metrics", "Append, list and plot the metrics of versions."),
        "compare": (f"{_HERE}.comparison:compare", "Hold versions against each other."),
        "diff": (f"{_HERE}.comparison:diff", "Show what differs between two versions."),
        "leaderboard": (f"{_HERE}.leaderboard:leaderboard", "Rank versions by the latest value of a metric."),
    },
    "Stages and approvals": {
        "promote": (f"{_HERE}.lifecycle:promote", "Bring a version to another stage."),
        "rollback": (f"{_HERE}.lifecycle:rollback", "Put the version back into production that was there before."),
        "request": (f"{_HERE}.approvals:request", "Ask others to approve a change of stage."),
        "requests": (f"{_HERE}.approvals:requests", "List the requests of a model, the newest first."),
        "approve": (f"{_HERE}.approvals:approve", "Agree to what somebody else asked for."),
        "reject": (f"{_HERE}.approvals:reject", "Say no to what somebody else asked for, and why."),
        "withdraw": (f"{_HERE}.approvals:withdraw", "Take a request back."),
        "alias": (f"{_HERE}.alias:alias", "Set, list and remove aliases."),
        "policy": (f"{_HERE}.policy:policy", "Say what versions need for a change of stage."),
    },
    "History": {
        "history": (f"{_HERE}.history:history", "Tell which version of a model held which stage and alias."),
        "events": (f"{_HERE}.events:events", "Tell what happened, or what happens, as it happens."),
        "webhook": (f"{_HERE}.webhook:webhook", "Have servers told of what happens."),
    },
    "Who may do what": {
        "whoami": (f"{_HERE}.token:whoami", "Tell who you are to the registry, and what you may do."),
        "token": (f"{_HERE}.token:token", "Make, list, replace and revoke tokens."),
        "account": (f"{_HERE}.account:account", "Look after the accounts of people and services."),
        "group": (f"{_HERE}.group:group", "Look after groups, whose members share what is granted."),
        "grant": (f"{_HERE}.grant:grant", "Give accounts and groups roles in models."),
        "workload": (f"{_HERE}.workload:workload", "Let jobs of CI systems and pods act as services."),
    },
    "This machine": {
        "login": (f"{_HERE}.login:login", "Remember a registry and who you are there."),
        "cache": (f"{_HERE}.cache:cache", "Look after the files that were pulled."),
        "completion": (f"{_HERE}.completion:completion", "Print the script that completes words in your shell."),
    },
}
