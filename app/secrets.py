"""Secrets at rest: encrypted with keys from the environment, the newest first, so that keys can be rotated."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SecretUnreadable(Exception):
    """The stored secret was encrypted with a key that is no longer in ENCRYPTION_KEYS."""


class Vault:
    """Encrypts and decrypts short texts. `keys` are any long random texts; the first one encrypts."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        each = [Fernet(_derived(key)) for key in keys]
        self._newest, self._fernet = each[0], MultiFernet(each)

    def lock(self, text: str) -> str:
        """The text, encrypted, fit for a text column."""
        return self._fernet.encrypt(text.encode()).decode()

    def unlock(self, stored: str) -> str:
        """The text again. Raises SecretUnreadable."""
        try:
            return self._fernet.decrypt(stored.encode()).decode()
        except InvalidToken:
            raise SecretUnreadable(
                "A stored secret does not open with the present ENCRYPTION_KEYS."
            ) from None

    def is_newest(self, stored: str) -> bool:
        """Whether the stored secret is encrypted with the newest key."""
        try:
            self._newest.decrypt(stored.encode())
        except InvalidToken:
            return False
        return True


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"carillon:vault:" + key.encode()).digest())
