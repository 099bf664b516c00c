"""A file system as a container has it: read-only but for `/data` and `/tmp`, for a user without any right."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.deploy.files import environment_of_image, stage

_MAKE = r"""
set -e
root=$1; shift; user=$1; shift
mount --make-rprivate /
mount -t tmpfs -o mode=0755 jail "$root"
mkdir -p "$root/data" "$root/tmp" "$root/proc" "$root/dev"
mount -t tmpfs -o "mode=0700,uid=$user,gid=$user" data "$root/data"
mount -t tmpfs -o "mode=0700,uid=$user,gid=$user" tmp "$root/tmp"
for link in bin lib lib64 sbin; do
    if [ -L "/$link" ]; then cp -P "/$link" "$root/$link"; fi
done
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then
        mkdir -p "$root$1"
        mount --bind "$1" "$root$1"
        mount -o remount,bind,ro "$root$1"
    fi
    shift
done
shift
mount -t proc proc "$root/proc"
for device in null urandom; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mount -o remount,ro "$root"
exec chroot "$root" setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all "$@"
"""


def jailed(folder: Path, environment: Path, command: Sequence[str]) -> list[str]:
    """The command line that runs `command` as the first process of a jail, with the variables of the image."""
    programs = {name: shutil.which(name) for name in ("unshare", "setpriv", "chroot")}
    unshare = programs["unshare"]
    if unshare is None or None in programs.values():
        pytest.skip(f"a read-only file system takes {', '.join(programs)}, and not all are installed here")
    if subprocess.run((unshare, "--mount", "--pid", "--fork", "true"), capture_output=True, check=False).returncode:
        pytest.skip("this user may not make file systems of its own, so a read-only one cannot be tried")
    root = folder / "jail"
    root.mkdir()
    system = [f"/{name}" for name in ("usr", "bin", "lib", "lib64", "sbin", "etc") if not Path(f"/{name}").is_symlink()]
    shown = [*system, sys.base_prefix, sysconfig.get_path("purelib"), str(environment)]
    user = dict(stage("runtime"))["USER"].partition(":")[0]
    set_by_image = (f"{name}={value}" for name, value in environment_of_image("MODELYARD_").items())
    variables = ("env", "-i", f"PATH={environment}/bin:/usr/bin:/bin", "HOME=/data", *set_by_image)
    made = (unshare, "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _MAKE, "sh", str(root), user)
    return [*made, *shown, "--", *variables, *command]


@contextlib.contextmanager
def running(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """Ended whatever happens. The first process inside has changed its user, so that `--kill-child` misses it."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    except BaseException as error:
        _kill(process)
        error.add_note(process.communicate()[1])
        raise
    finally:
        _kill(process)
        process.communicate()


def _kill(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(first_process_of(process), signal.SIGKILL)
        process.kill()


def first_process_of(process: "subprocess.Popen[str]") -> int:
    """The number, outside, of the process that is the first one inside."""
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return int(child)


def status_of(process: int, name: str) -> str:
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name}:")]
    return line.partition(":")[2].strip()
