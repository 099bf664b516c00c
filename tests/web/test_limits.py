"""Quotas and bounds hold on the pages as they hold in the API."""

from pathlib import Path

import httpx
import pytest

from modelyard.bootstrap.settings import Settings
from modelyard.domain.quota import Quota
from tests.api.steps import add_version
from tests.web.pages import shown, text_of
from tests.web.test_register import sent

FORM = {"model": "churn", "stored": "", "metrics": "", "params": "", "card": "", "description": "", "parent": ""}
NAMES = {"framework": "", "framework_version": ""}


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, quotas=(Quota("*", 10),), max_tags=1)


async def test_a_form_registers_no_more_than_a_quota_has_room_for(browser: httpx.AsyncClient) -> None:
    form = {**FORM, **NAMES, "tags": ""}
    refused = await sent(browser, form, {"model.bin": b"x" * 11})
    assert "quota" in text_of(shown(refused, refused.status_code)).lower()
    assert refused.status_code >= 400
    assert (await sent(browser, form, {"model.bin": b"x" * 10})).status_code == 303


async def test_a_form_gives_no_more_tags_than_the_bound(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    refused = await sent(browser, {**FORM, **NAMES, "tags": "team: risk\nregion: eu"}, {"model.bin": b"x"})
    assert "at most 1" in text_of(shown(refused, 422))
    await add_version(api, files={"model.bin": b"x"})
    tag = (await api.get("/models/churn/versions/1")).headers["etag"].strip('"')
    form = {"tag": tag, "description": "", "card": "", "metadata": "", "tags": "team: risk\nregion: eu"}
    edited = await browser.post("/models/churn/versions/1/edit", data=form)
    assert "at most 1" in text_of(shown(edited, 422))
