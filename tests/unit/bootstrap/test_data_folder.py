import os
from pathlib import Path

import pytest

from modelyard.bootstrap.data_folder import locked_data_folder
from modelyard.bootstrap.start import CannotStart


def test_the_folder_is_created_with_its_parents(tmp_path: Path) -> None:
    with locked_data_folder(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()


def test_the_lock_excludes_a_second_holder_and_names_the_first(tmp_path: Path) -> None:
    with (
        locked_data_folder(tmp_path),
        pytest.raises(CannotStart, match=f"in use by another server or command .process {os.getpid()}"),
        locked_data_folder(tmp_path),
    ):
        pass


def test_those_who_share_the_folder_keep_out_who_does_not(tmp_path: Path) -> None:
    with (
        locked_data_folder(tmp_path, is_shared=True),
        locked_data_folder(tmp_path, is_shared=True),
        pytest.raises(CannotStart, match="in use"),
        locked_data_folder(tmp_path),
    ):
        pass
    with (
        locked_data_folder(tmp_path),
        pytest.raises(CannotStart, match="in use"),
        locked_data_folder(tmp_path, is_shared=True),
    ):
        pass


def test_the_lock_is_free_after_its_holder(tmp_path: Path) -> None:
    for _ in range(2):
        with locked_data_folder(tmp_path):
            pass


def test_a_path_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="Cannot use the data folder"), locked_data_folder(tmp_path / "file"):
        pass
