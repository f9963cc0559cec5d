"""Carillon's settings: read once from the environment, typed and frozen.

Development and tests have defaults. Production refuses to boot while a secret is missing, and says which.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from fsspec.core import url_to_fs
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

Environment = Literal["development", "test", "production"]

_ROOT = Path(__file__).resolve().parent
_DEVELOPMENT_SECRET = "development-only-not-a-secret"  # noqa: S105
_SHORTEST_KEY: Final = 32  # characters
_CENTURY: Final = 36_500  # days; a longer time is a slip, and more than a date can hold
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\]+")


class SettingsError(RuntimeError):
    """The environment does not describe a runnable Carillon. The message names every variable at fault."""


@dataclass(frozen=True)
class Limits:
    """What one task may hold. Shown in the forms and help pages, enforced in the domain."""

    quick_recipients: int = 100
    bulk_recipients: int = 5_000
    upload_bytes: int = 10 * 1024 * 1024
    content_characters: int = 918
    sender_id_characters: int = 10


@dataclass(frozen=True)
class QuietHours:
    """When people should not be written to, by their own clocks. Where both are the same, there are none."""

    begin: time = time(20)
    end: time = time(8)

    def hold(self, clock: time) -> bool:
        """Whether this clock is within them. They may run over midnight."""
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


@dataclass(frozen=True)
class Seller:
    """Who sells the credits, as receipts, statements and the top-up page name them. Empty where none is set."""

    name: str = ""
    address: tuple[str, ...] = ()  # by line
    tax_number: str = ""  # with its kind, such as "ABN 12 345 678 901"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Seller:
        """Read SELLER_NAME, SELLER_ADDRESS (lines apart, or parted by semicolons) and SELLER_TAX_NUMBER.

        Raises SettingsError for an address or a tax number of nobody.
        """
        name, tax_number = env.get("SELLER_NAME", "").strip(), env.get("SELLER_TAX_NUMBER", "").strip()
        lines = env.get("SELLER_ADDRESS", "").replace(";", "\n").splitlines()
        address = tuple(filter(None, map(str.strip, lines)))
        if not name and (address or tax_number):
            raise SettingsError("SELLER_NAME is missing, beside SELLER_ADDRESS or SELLER_TAX_NUMBER.")
        return cls(name, address, tax_number)


@dataclass(frozen=True)
class Settings:
    """Everything that differs between one machine and another.

    Durations are `timedelta`, sizes are bytes, URLs carry their scheme.
    """

    environment: Environment
    secret_key: str
    database_url: str
    redis_url: str
    instance: Path
    uploads_url: str
    public_url: str
    callback_url: str
    sandbox_url: str
    sandbox_secret: str
    encryption_keys: tuple[str, ...]
    metrics_token: str = ""  # empty: /metrics answers private addresses alone
    log_format: str = "plain"  # or json: a JSON object to a line
    log_level: str = "info"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = True
    mail_from: str = "carillon@localhost"
    limits: Limits = field(default_factory=Limits)
    session_lifetime: timedelta = timedelta(hours=12)
    session_idle: timedelta = timedelta(hours=2)
    password_max_age: timedelta | None = None
    trusted_proxies: int = 0
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    seller: Seller = field(default_factory=Seller)
    retention: timedelta = timedelta(days=396)  # then numbers and texts are erased
    pump_slice: timedelta = timedelta(seconds=30)
    pump_lease: timedelta = timedelta(seconds=15)
    claim_margin: timedelta = timedelta(seconds=30)
    late_start: timedelta = timedelta(hours=1)
    in_doubt_release: timedelta = timedelta(hours=72)
    canary_most_lost: float = 0.3  # of the first few of a large task, as a share of one
    canary_patience: timedelta = timedelta(minutes=5)  # for their receipts
    ticker_interval: timedelta = timedelta(seconds=2)
    argon2_time_cost: int = 3
    argon2_memory_kib: int = 64 * 1024

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the environment.

        Raises SettingsError when a value is unknown, or missing in production.
        """
        env = os.environ if environ is None else environ
        environment = _environment(env.get("CARILLON_ENV", "development"))
        instance = Path(env.get("CARILLON_INSTANCE") or _ROOT / "instance").absolute()
        if environment == "production":
            _require(
                env,
                "SECRET_KEY",
                "ENCRYPTION_KEYS",
                "DATABASE_URL",
                "REDIS_URL",
                "PUBLIC_URL",
                "SMTP_HOST",
                "MAIL_FROM",
            )
            # Of ENCRYPTION_KEYS the first locks; the others only open what lies there.
            _long_enough("SECRET_KEY", env["SECRET_KEY"].strip())
            _long_enough("ENCRYPTION_KEYS", env["ENCRYPTION_KEYS"].split()[0])
        port = _whole(env, "PORT", 8000, most=65_535)
        secret_key = env.get("SECRET_KEY") or _DEVELOPMENT_SECRET
        return cls(
            environment=environment,
            secret_key=secret_key,
            database_url=_database_url(env, f"sqlite:///{instance / 'carillon.db'}"),
            redis_url=_web_address(env, "REDIS_URL", "redis://127.0.0.1:6379/0", ("redis", "rediss", "unix")),
            instance=instance,
            uploads_url=_store(env, "UPLOADS_URL", f"file://{instance / 'uploads'}"),
            public_url=_panel(env, "PUBLIC_URL", f"http://127.0.0.1:{port}", environment),
            callback_url=_web_address(
                env, "CALLBACK_URL", env.get("PUBLIC_URL") or f"http://127.0.0.1:{port}"
            ),
            sandbox_url=_web_address(env, "SANDBOX_URL", "http://127.0.0.1:8790"),
            encryption_keys=tuple(env.get("ENCRYPTION_KEYS", "").split()) or (_derived(secret_key, "vault"),),
            canary_most_lost=_number(env, "CANARY_MOST_LOST", 0.3, most=1),
            canary_patience=timedelta(seconds=_number(env, "CANARY_PATIENCE", 300, most=86_400)),
            metrics_token=env.get("METRICS_TOKEN", "").strip(),
            log_format=_choice(env, "LOG_FORMAT", ("plain", "json")),
            log_level=_choice(env, "LOG_LEVEL", ("info", "debug", "warning")),
            smtp_host=env.get("SMTP_HOST", ""),
            smtp_port=_whole(env, "SMTP_PORT", 587, least=1, most=65_535),
            smtp_user=env.get("SMTP_USER", ""),
            smtp_password=env.get("SMTP_PASSWORD", ""),
            smtp_starttls=_choice(env, "SMTP_STARTTLS", ("1", "0")) == "1",
            mail_from=_sender(env, "MAIL_FROM", "carillon@localhost"),
            sandbox_secret=env.get("SANDBOX_SECRET") or _derived(secret_key, "sandbox"),
            session_lifetime=timedelta(
                minutes=_whole(env, "SESSION_MINUTES", 12 * 60, least=5, most=527_040)
            ),
            session_idle=timedelta(minutes=_whole(env, "SESSION_IDLE_MINUTES", 120, least=10, most=527_040)),
            password_max_age=timedelta(days=days)
            if (days := _whole(env, "PASSWORD_MAX_AGE_DAYS", 0, most=_CENTURY))
            else None,
            trusted_proxies=_whole(env, "TRUSTED_PROXIES", 0, most=20),
            quiet_hours=QuietHours(_clock(env, "QUIET_FROM", "20:00"), _clock(env, "QUIET_UNTIL", "08:00")),
            seller=Seller.from_env(env),
            retention=timedelta(days=_whole(env, "RETENTION_DAYS", 396, least=30, most=_CENTURY)),
        )

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    def flask_config(self) -> dict[str, Any]:
        """The settings as the Flask extensions expect to find them."""
        return {
            "CARILLON": self,
            "SECRET_KEY": self.secret_key,
            "TESTING": self.environment == "test",
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": {
                "pool_pre_ping": not self.database_url.startswith("sqlite"),
                "hide_parameters": True,  # an error's words would repeat numbers and texts
            },
            "MAX_CONTENT_LENGTH": self.limits.upload_bytes + 256 * 1024,
            "MAX_FORM_MEMORY_SIZE": 256 * 1024,
            "PERMANENT_SESSION_LIFETIME": self.session_lifetime,
            "SESSION_COOKIE_NAME": "__Host-carillon" if self.is_production else "carillon",
            "SESSION_COOKIE_SECURE": self.is_production,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "WTF_CSRF_TIME_LIMIT": None,
            "BOOTSTRAP_SERVE_LOCAL": True,
            # A cache that keeps our static files may not be given somebody's cookie with them.
            "SESSION_REFRESH_EACH_REQUEST": False,
        }


def _environment(name: str) -> Environment:
    if name in ("development", "test", "production"):
        return name  # type: ignore[return-value]
    raise SettingsError(f"CARILLON_ENV must be development, test or production, not {name!r}.")


def _choice(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of the choices; the first where none is set."""
    chosen = env.get(name) or choices[0]
    if chosen not in choices:
        raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {chosen!r}.")
    return chosen


def _whole(env: Mapping[str, str], name: str, otherwise: int, *, least: int = 0, most: int) -> int:
    text = env.get(name) or str(otherwise)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise SettingsError(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _number(env: Mapping[str, str], name: str, otherwise: float, *, most: float) -> float:
    text = env.get(name) or str(otherwise)
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?|\.[0-9]{1,9}", text) or float(text) > most:
        raise SettingsError(f"{name} must be a number from 0 to {most}, such as {otherwise}, not {text!r}.")
    return float(text)


def _clock(env: Mapping[str, str], name: str, otherwise: str) -> time:
    text = env.get(name) or otherwise
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  (a clock's hand, in whatever zone)
    except ValueError:
        raise SettingsError(f"{name} must be a time such as {otherwise}, not {text!r}.") from None


def _require(env: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if not env.get(name, "").strip()]
    if missing:
        raise SettingsError(
            "Production needs these in the environment, and they are missing: " + ", ".join(missing) + "."
        )


def _long_enough(name: str, key: str) -> None:
    if len(key) < _SHORTEST_KEY:
        raise SettingsError(f"{name} must have at least {_SHORTEST_KEY} characters in production.")


def _derived(secret_key: str, purpose: str) -> str:
    """A secret for one purpose, made from the main one, so that two processes agree without being told."""
    return hmac.new(secret_key.encode(), f"carillon:{purpose}".encode(), hashlib.sha256).hexdigest()


def _database_url(env: Mapping[str, str], otherwise: str) -> str:
    """The database's address. Names the driver we ship (psycopg 3) where it leaves that open."""
    url = env.get("DATABASE_URL") or otherwise
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            url = "postgresql+psycopg://" + url.removeprefix(scheme)
    try:
        driver = make_url(url).drivername
    except (ArgumentError, ValueError):  # its words would repeat the password
        driver = ""
    if driver not in ("postgresql+psycopg", "sqlite"):
        raise SettingsError(
            "DATABASE_URL must be an address such as postgresql://user:password@host/name or sqlite:////path/to/carillon.db."
        )
    return url


def _web_address(
    env: Mapping[str, str], name: str, otherwise: str, schemes: Collection[str] = ("http", "https")
) -> str:
    """An address with one of the schemes, without a slash at its end. What it may hold of a secret is not repeated."""
    text = env.get(name) or otherwise
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in schemes and bool(parts.hostname or (parts.scheme == "unix" and parts.path))
        is_one = is_one and (parts.port or 1) > 0
    except ValueError:
        is_one = False
    if not is_one or not text.isprintable() or " " in text:
        raise SettingsError(
            f"{name} must be an address that begins with {' or '.join(f'{each}://' for each in schemes)}."
        )
    return text.rstrip("/")


def _panel(env: Mapping[str, str], name: str, otherwise: str, environment: Environment) -> str:
    """Where people reach the panel: a scheme and a host. In production by TLS, which its cookies want."""
    url = _web_address(env, name, otherwise, ("https",) if environment == "production" else ("http", "https"))
    parts = urlsplit(url)
    if parts.path or parts.query or parts.fragment or parts.username:
        raise SettingsError(
            f"{name} must be a scheme and a host alone: the panel has a host of its own. Found {url!r}."
        )
    return url


def _store(env: Mapping[str, str], name: str, otherwise: str) -> str:
    """The address of a file store whose driver is installed."""
    url = env.get(name) or otherwise
    if "://" not in url:
        raise SettingsError(
            f"{name} must be an address such as file:///srv/carillon/uploads or s3://bucket/folder."
        )
    try:
        url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise SettingsError(f"{name} cannot be used: {error}") from None
    return url


def _sender(env: Mapping[str, str], name: str, otherwise: str) -> str:
    text = env.get(name) or otherwise
    if not text.isprintable() or not _ADDRESS.fullmatch(parseaddr(text)[1]):
        raise SettingsError(f"{name} must be an e-mail address, such as news@example.com, not {text!r}.")
    return text
