"""Carillon's settings: read once from the environment, typed and frozen.

Development and tests have defaults. Production refuses to boot while a secret is missing, and says which.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

Environment = Literal["development", "test", "production"]

_ROOT = Path(__file__).resolve().parent
_DEVELOPMENT_SECRET = "development-only-not-a-secret"  # noqa: S105


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
    retention: timedelta = timedelta(days=396)  # then numbers and texts are erased
    pump_slice: timedelta = timedelta(seconds=30)
    pump_lease: timedelta = timedelta(seconds=15)
    claim_life: timedelta = timedelta(seconds=60)
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
            if len(env["SECRET_KEY"]) < 32:
                raise SettingsError("SECRET_KEY must have at least 32 characters in production.")
        port = env.get("PORT", "8000")
        secret_key = env.get("SECRET_KEY") or _DEVELOPMENT_SECRET
        return cls(
            environment=environment,
            secret_key=secret_key,
            database_url=_database_url(env.get("DATABASE_URL") or f"sqlite:///{instance / 'carillon.db'}"),
            redis_url=env.get("REDIS_URL") or "redis://127.0.0.1:6379/0",
            instance=instance,
            uploads_url=env.get("UPLOADS_URL") or f"file://{instance / 'uploads'}",
            public_url=(env.get("PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
            callback_url=(
                env.get("CALLBACK_URL") or env.get("PUBLIC_URL") or f"http://127.0.0.1:{port}"
            ).rstrip("/"),
            sandbox_url=(env.get("SANDBOX_URL") or "http://127.0.0.1:8790").rstrip("/"),
            encryption_keys=tuple(env.get("ENCRYPTION_KEYS", "").split()) or (_derived(secret_key, "vault"),),
            canary_most_lost=float(env.get("CANARY_MOST_LOST") or 0.3),
            canary_patience=timedelta(seconds=float(env.get("CANARY_PATIENCE") or 300)),
            metrics_token=env.get("METRICS_TOKEN", ""),
            log_format=_choice(env, "LOG_FORMAT", ("plain", "json")),
            log_level=_choice(env, "LOG_LEVEL", ("info", "debug", "warning")),
            smtp_host=env.get("SMTP_HOST", ""),
            smtp_port=int(env.get("SMTP_PORT") or 587),
            smtp_user=env.get("SMTP_USER", ""),
            smtp_password=env.get("SMTP_PASSWORD", ""),
            smtp_starttls=env.get("SMTP_STARTTLS", "1") != "0",
            mail_from=env.get("MAIL_FROM") or "carillon@localhost",
            sandbox_secret=env.get("SANDBOX_SECRET") or _derived(secret_key, "sandbox"),
            session_lifetime=timedelta(minutes=_whole(env, "SESSION_MINUTES", 12 * 60, least=5)),
            session_idle=timedelta(minutes=_whole(env, "SESSION_IDLE_MINUTES", 120, least=10)),
            password_max_age=timedelta(days=days)
            if (days := _whole(env, "PASSWORD_MAX_AGE_DAYS", 0))
            else None,
            trusted_proxies=_whole(env, "TRUSTED_PROXIES", 0),
            quiet_hours=QuietHours(_clock(env, "QUIET_FROM", "20:00"), _clock(env, "QUIET_UNTIL", "08:00")),
            retention=timedelta(days=_whole(env, "RETENTION_DAYS", 396, least=30)),
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
            "SEND_FILE_MAX_AGE_DEFAULT": timedelta(days=30) if self.is_production else timedelta(0),
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


def _whole(env: Mapping[str, str], name: str, otherwise: int, least: int = 0) -> int:
    text = env.get(name) or str(otherwise)
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise SettingsError(f"{name} must be a whole number of at least {least}, not {text!r}.")
    return int(text)


def _clock(env: Mapping[str, str], name: str, otherwise: str) -> time:
    text = env.get(name) or otherwise
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  (a clock's hand, in whatever zone)
    except ValueError:
        raise SettingsError(f"{name} must be a time such as {otherwise}, not {text!r}.") from None


def _require(env: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if not env.get(name)]
    if missing:
        raise SettingsError(
            "Production needs these in the environment, and they are missing: " + ", ".join(missing) + "."
        )


def _derived(secret_key: str, purpose: str) -> str:
    """A secret for one purpose, made from the main one, so that two processes agree without being told."""
    return hmac.new(secret_key.encode(), f"carillon:{purpose}".encode(), hashlib.sha256).hexdigest()


def _database_url(url: str) -> str:
    """Name the driver we ship (psycopg 3) where the address leaves it open."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
