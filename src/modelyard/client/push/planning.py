"""From a model and a few words to a plan: everything inferred, each value with its source."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from modelyard.client.answers import Document
from modelyard.client.failures import CannotPush
from modelyard.client.flavours.sealed import SEALED_NAME, Sealed
from modelyard.client.push.content import Content, content_of
from modelyard.client.push.draft import PICTURE, draft
from modelyard.client.push.environment import Environment, environment_of, version_of
from modelyard.client.push.example import signature_of
from modelyard.client.push.git import git_state
from modelyard.client.push.measurements import measurements
from modelyard.client.push.options import PushOptions, dataset_entries
from modelyard.client.push.parameters import as_params
from modelyard.client.push.plan import Fact, PushPlan
from modelyard.client.transfer.local_file import Source
from modelyard.client.transport import Transport

REQUIREMENTS: Final = "requirements.txt"
_LARGEST_CARD: Final = 64 * 1024
_MEDIA_TYPES: Final = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
"""A table of our own: the system's differs between machines, and a version's digest must not."""


def plan_push(
    transport: Transport, name: str, model: object, options: PushOptions, kept: Path | None = None
) -> PushPlan:
    """Find out all that a push registers, and write the files that it adds; nothing is sent.

    They are written into a folder that the plan removes when it is done, or into the new folder `kept`, which stays.

    Raises:
        UnsupportedModel, CannotPush: it cannot be pushed.
    """
    if kept is not None:
        kept.mkdir()
    folder = kept or Path(tempfile.mkdtemp(prefix="modelyard-push-"))
    try:
        return _Planning(name, model, options, folder).plan(transport, None if kept else folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


class _Planning:
    """The parts of a plan as they are found; `facts` and `notes` grow with each."""

    def __init__(self, name: str, model: object, options: PushOptions, folder: Path) -> None:
        self.name, self.options = name, options
        self.metrics = measurements(options.get("metrics"), options.get("dataset", ""), datetime.now(UTC))
        (folder / "model").mkdir()
        (folder / "added").mkdir()
        self.added = folder / "added"
        self.is_draft = False
        self.content: Content = content_of(model, options, folder / "model")
        self.files = dict(self.content.files)
        self.facts: list[Fact] = []
        self.notes = list(self.content.notes)
        self.body: Document = {}

    def plan(self, transport: Transport, removed: Path | None) -> PushPlan:
        content = self.content
        self._fact("flavour", content.flavour.name, content.origin)
        is_given = bool(self.options.get("format"))
        self._fact("format", content.form.name, "given" if is_given else f"how {content.flavour.name} keeps it")
        for find in (self._framework, self._params, self._signature, self._lineage, self._given, self._environment):
            find()
        self._card()
        for metric in self.metrics:
            place = "".join(sign + metric[key] for key, sign in (("dataset", "@"), ("slice", "/")) if metric[key])
            self._fact(f"metric.{metric['name']}{place}", metric["value"], "given")
        sources = [_source(path, source) for path, source in sorted(self.files.items())]
        return PushPlan(
            model=self.name, facts=self.facts, notes=self.notes, sources=sources, metrics=self.metrics,
            body=self.body, folder=removed, transport=transport, kind=self.kind, is_draft=self.is_draft,
        )  # fmt: skip

    def _fact(self, name: str, value: object, source: str) -> None:
        self.facts.append(Fact(name=name, value=value, source=source))

    def _framework(self) -> None:
        flavour, pulled = self.content.flavour, self.content.pulled
        if not flavour.framework:
            return
        if self.content.model is not None:
            version, source = version_of(flavour.framework, flavour.modules), "the installed package"
        elif pulled is not None and flavour.framework in pulled.packages:
            version, source = pulled.packages[flavour.framework], f"its {SEALED_NAME}"
        else:
            version, source = "", "its flavour; files do not tell a version"
        self.body["framework"] = {"name": flavour.framework, "version": version[:100]}
        self._fact("framework", f"{flavour.framework} {version}".strip(), source)

    def _params(self) -> None:
        content, given = self.content, self.options.get("params") or {}
        inferred = content.flavour.params(content.model) if content.model is not None else {}
        params, notes = as_params({**inferred, **given})
        self.body["params"] = params
        self.notes += notes
        for key, value in params.items():
            self._fact(f"param.{key}", value, "given" if key in given else "the model")

    def _signature(self) -> None:
        signature, source, notes = signature_of(self.content, self.options.get("example"))
        self.notes += notes
        if signature is not None:
            self.body["signature"] = signature.document
            self._fact("signature", signature.document, source)

    def _lineage(self) -> None:
        options, lineage = self.options, Document()
        for key in ("parent", "source", "run"):
            if value := options.get(key):
                lineage[key] = value
        if datasets := options.get("datasets"):
            lineage["datasets"] = dataset_entries(datasets)
        for key, value in lineage.items():
            self._fact(f"lineage.{key}", value, "given")
        if options.get("code", True):
            lineage |= self._git()
        if lineage:
            self.body["lineage"] = lineage

    def _git(self) -> Document:
        state, reason = git_state(Path.cwd())
        if state is None:
            self.notes.append(f"the code is unknown: {reason}")
            return {}
        git = {"repository": state.repository, "commit": state.commit}
        more = {"dirty": state.is_dirty, "branch": state.branch}
        self._fact("lineage.git", git, "git, of the present folder")
        self._fact("meta.git", more, "git, of the present folder")
        self.body["metadata"] = {"git": more}
        return {"git": git}

    def _given(self) -> None:
        options = self.options
        self.body["metadata"] = {**self.body.get("metadata", {}), **(options.get("metadata") or {})}
        self.body["description"] = options.get("description", "")
        self.body["tags"] = {key: str(value) for key, value in (options.get("tags") or {}).items()}
        for key in ("description", "tags", "metadata"):
            if value := options.get(key):
                self._fact(key, value, "given")

    def _environment(self) -> None:
        """Only of what this process made: of files nobody knows what they were made with."""
        content = self.content
        if content.pulled is not None:
            return
        environment = None if content.model is None else self._present(content)
        if environment is not None:
            self._add(REQUIREMENTS, environment.requirements.encode())
            self._fact("environment", environment.packages, "the installed packages that it requires")
        self._add(SEALED_NAME, self._sealed(environment).content)

    def _present(self, content: Content) -> Environment:
        flavour = content.flavour
        objects = [content.model, *flavour.parts(content.model)]
        modules = {kind.__module__.partition(".")[0] for one in objects for kind in type(one).__mro__}
        wanted = [flavour.framework, *flavour.needs.get(content.form.name, ())]
        return environment_of([name for name in wanted if name], modules)

    def _sealed(self, environment: Environment | None) -> Sealed:
        content = self.content
        sealed = Sealed(
            flavour=content.flavour.name, form=content.form.name, entry=content.saved.entry,
            details=content.saved.details, example=self.body.get("signature"),
        )  # fmt: skip
        if environment is None:
            return sealed
        return Sealed(
            flavour=sealed.flavour, form=sealed.form, entry=sealed.entry, details=sealed.details,
            example=sealed.example, python=environment.python, platform=environment.platform,
            packages=environment.packages, loaded=environment.loaded,
        )  # fmt: skip

    def _card(self) -> None:
        text, source = self._chosen_card()
        if source == "draft":
            self.is_draft = True
            self.body["metadata"] = {"card": "draft", **self.body["metadata"]}
            text, picture = draft(self.name, self.kind, self.body, self.metrics, self.added, self.files.keys())
            self.files |= {PICTURE: picture} if picture else {}
            source = "a draft of what is known; metadata.card says so"
        if len(text.encode()) > _LARGEST_CARD:
            raise CannotPush(f"the card, {source}, has more than 64 KiB", hint="Give a shorter one: card=...")
        self.body["card"] = text
        if text:
            self._fact("card", f"{len(text)} characters", source)

    def _chosen_card(self) -> tuple[str, str]:
        card, readme = self.options.get("card"), self.content.readme
        if isinstance(card, Path):
            return text_of(card), f"the file {card}"
        if card is not None:
            return card, "given"
        return (text_of(readme), "the folder's README.md") if readme is not None else ("", "draft")

    @property
    def kind(self) -> str:
        """What the model is, in words."""
        content = self.content
        framework = self.body.get("framework") or {}
        made_with = f" of {framework['name']} {framework['version']}".rstrip() if framework else ""
        what = type(content.model).__name__ if content.model is not None else "Files"
        return f"`{what}`{made_with}, kept as {content.form.name}."

    def _add(self, path: str, content: bytes) -> None:
        """A file of our own; one of the same name that was given stays."""
        if path in self.files:
            self.notes.append(f"{path} is the one that was given; none is written for it")
            return
        place = self.added / path
        place.write_bytes(content)
        self.files[path] = place


def _source(path: str, source: Path) -> Source:
    media_type = _MEDIA_TYPES.get(Path(path).suffix.lower(), "application/octet-stream")
    return Source(path=path, source=source, media_type=media_type)


def text_of(path: Path) -> str:
    """A card that lies in a file.

    Raises:
        CannotPush: it is not there, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotPush(f"{path} cannot be read as a card: {error}", hint="Give another one: card=...") from error
