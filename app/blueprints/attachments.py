"""What leaves as a file: saved under a name of ours, never shown as a page, and kept by no cache on its way."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, current_app

from app.stored_files import chunks_of


def attachment(
    body: str | bytes | Iterable[str] | Iterable[bytes], name: str, mimetype: str, *, size: int | None = None
) -> Response:
    """The file; `size` in bytes lets a browser tell how much of a stream is still to come."""
    response = Response(body, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    if size is not None:
        response.content_length = size
    return response


def stored_file(key: str, name: str, mimetype: str, size: int | None) -> Response:
    """A file that the panel keeps, piece by piece."""
    uploads_url = current_app.config["CARILLON"].uploads_url
    return attachment(chunks_of(uploads_url, key), name, mimetype, size=size)
