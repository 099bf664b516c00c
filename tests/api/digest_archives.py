"""Archives of small files that are named by their digests, and others."""

import io
import tarfile
from collections.abc import Iterable


def archive(members: Iterable[tuple[str, bytes]], archive_format: int = tarfile.USTAR_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=archive_format) as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
