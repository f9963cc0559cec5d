"""How an uploaded receipt leaves the house: our drawing of a picture is shown, a PDF only ever downloaded."""

from __future__ import annotations

from flask import Response, current_app
from flask_babel import gettext as _

from app.errors import NotFound
from app.models import TopUp
from app.topups.receipts import PICTURE, stored_bytes

# Should a browser ever take the answer for a page, that page may do nothing and belongs to nobody.
_LOCKED_DOWN = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def receipt_response(top_up: TopUp) -> Response:
    """The receipt of a top-up that the caller has authorised. Raises NotFound where there is none."""
    if top_up.receipt_key is None:
        raise NotFound(_("No receipt has been uploaded for this top-up."))
    is_picture = top_up.receipt_type == PICTURE
    response = Response(
        stored_bytes(current_app.config["CARILLON"].uploads_url, top_up.receipt_key),
        mimetype=PICTURE if is_picture else "application/pdf",
    )
    name = f"transfer-{top_up.reference}.{'jpg' if is_picture else 'pdf'}"  # ours, never the uploaded one
    how = "inline" if is_picture else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    response.headers["Content-Security-Policy"] = _LOCKED_DOWN
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response
