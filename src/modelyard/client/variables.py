"""The environment variables of the client and the command line. The server leaves them alone."""

from collections.abc import Mapping
from typing import Final

CLIENT_VARIABLES: Final[Mapping[str, str]] = {
    "MODELYARD_URL": "Address of the registry; without it that of the profile, or `http://127.0.0.1:8000`.",
    "MODELYARD_TOKEN": "Who you are, where the registry asks for it; stands above the token of the profile.",
    "MODELYARD_ACTOR": "The name that stands in the history, where no token says who you are; else the user's name.",
    "MODELYARD_PROFILE": "Which profile of `modelyard login` counts; `default` without it.",
    "MODELYARD_CONFIG": "File of the profiles, in place of the one in the user's folder for settings.",
    "MODELYARD_OUTPUT": "How commands print answers: `table`, `json`, `yaml` or `csv`.",
    "MODELYARD_CACHE": "Folder of the cache of pulled files, in place of the one in the user's folder for caches.",
    "MODELYARD_CACHE_MAX_BYTES": "How large the cache may be; what was not used for longest goes then.",
    "MODELYARD_OFFLINE": "`1` has only what is in the cache, and asks no registry.",
}
"""By name, what each means; the page on settings says the same."""
