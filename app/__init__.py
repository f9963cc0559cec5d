"""The application factory, and nothing else."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import (
    blueprints,
    cli,
    delivery,
    extensions,
    logs,
    security,
    web_context,
    web_errors,
    web_figures,
    web_language,
    web_sessions,
    web_statuses,
)
from app.database import configure_engine
from config import Settings, SettingsError


def create_app(settings: Settings | None = None) -> Flask:
    """A Carillon application. Raises config.SettingsError when the environment cannot carry one."""
    settings = settings or Settings.from_env()
    try:
        settings.instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"CARILLON_INSTANCE: no folder can be made at {settings.instance}: {error.strerror}."
        ) from None
    logs.configure(settings)
    app = Flask(__name__, instance_path=str(settings.instance))
    app.config.from_mapping(settings.flask_config())
    if settings.trusted_proxies:
        # Without one, these headers are a visitor's own words, and nobody believes them.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies
        )
    extensions.db.init_app(app)
    with app.app_context():
        configure_engine(extensions.db.engine)
    extensions.migrate.init_app(app, extensions.db, render_as_batch=True)
    for extension in (extensions.login, extensions.csrf, extensions.bootstrap):
        extension.init_app(app)
    security.init_app(app)
    delivery.init_app(app)
    web_sessions.init_app(app)
    web_language.init_app(app)
    web_context.init_app(app)
    web_statuses.init_app(app)
    web_figures.init_app(app)
    web_errors.init_app(app)
    blueprints.init_app(app)
    cli.init_app(app)
    return app
