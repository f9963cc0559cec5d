"""What docs/operating.md promises to tell."""

from __future__ import annotations

import re

import pytest

from config import Settings, SettingsError
from tests.source import ROOT

# What production needs, and no more.
PRODUCTION = {
    "CARILLON_ENV": "production",
    "SECRET_KEY": "a-secret-of-forty-characters-or-so-......",
    "ENCRYPTION_KEYS": "a-key-of-thirty-two-characters-or-more old",
    "DATABASE_URL": "postgresql://carillon:geheim@database.example/carillon",
    "REDIS_URL": "rediss://:geheim@redis.example:6380/0",
    "PUBLIC_URL": "https://panel.example",
    "SMTP_HOST": "mail.example",
    "MAIL_FROM": "Carillon <news@panel.example>",
}
ILL_FORMED = {
    "CARILLON_ENV": "prod",
    "SECRET_KEY": " " * 40,
    "ENCRYPTION_KEYS": "short and-a-long-one-that-no-longer-locks-anything",
    "DATABASE_URL": "postgresql://carillon:geheim@database.example:port/carillon",
    "REDIS_URL": "http://:geheim@redis.example",
    "PUBLIC_URL": "http://panel.example",
    "CALLBACK_URL": "panel.example",
    "SANDBOX_URL": "127.0.0.1:8790",
    "UPLOADS_URL": "nosuchstore://bucket/folder",
    "PORT": "eighty",
    "SMTP_PORT": "99999",
    "SMTP_STARTTLS": "no",
    "MAIL_FROM": "news@panel.example\nBcc: everybody@example.com",
    "CANARY_MOST_LOST": "nan",
    "CANARY_PATIENCE": "-1",
    "TRUSTED_PROXIES": "one",
    "SESSION_MINUTES": "9" * 20,
    "SESSION_IDLE_MINUTES": "1",
    "PASSWORD_MAX_AGE_DAYS": "²",
    "RETENTION_DAYS": "3",
    "QUIET_FROM": "25:00",
    "QUIET_UNTIL": "noon",
    "LOG_FORMAT": "xml",
    "LOG_LEVEL": "loud",
}


def test_every_setting_of_the_environment_is_told_of() -> None:
    read = re.findall(r'(?:env\.get\(|env\[|_\w+\(env, )"([A-Z_]+)"', (ROOT / "config.py").read_text())
    told = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs" / "operating.md").read_text()))
    assert len(read) > 20
    assert set(read) - told == set()


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name != "CARILLON_ENV"])
def test_production_does_not_start_without_a_setting_that_it_needs(name: str) -> None:
    assert Settings.from_env(PRODUCTION).is_production
    with pytest.raises(SettingsError, match=name):
        Settings.from_env(PRODUCTION | {name: "  "})


@pytest.mark.parametrize("name", ILL_FORMED)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name_and_no_secret_is_told(name: str) -> None:
    with pytest.raises(SettingsError, match=name) as refusal:
        Settings.from_env(PRODUCTION | {name: ILL_FORMED[name]})
    assert "geheim" not in str(refusal.value)
