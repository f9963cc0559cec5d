"""`make run`: everything Carillon needs on one machine, started together and stopped in order.

Lock, port, secret, Valkey, migrations, demo data, then the Procfile's processes; then the address and the
demo sign-ins, once the web answers. Settings come from the environment: PORT, HOST, REDIS_URL (then no Valkey
of our own), DATABASE_URL, SANDBOX_URL, CARILLON_INSTANCE.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jobs.parent_death import die_with
from operations import instance, procfile
from operations.child import Program
from operations.supervisor import Supervisor
from operations.valkey import EmbeddedValkey

ROOT = Path(__file__).resolve().parent.parent
SANDBOX_PORT = 8790
# The sandbox carrier answers until the workers are done, Valkey until all are.
WAVES = {"carrier": 1, "valkey": 2}
VALKEY_PATIENCE = 20.0
WEB_PATIENCE = 60.0


class CannotStart(Exception):
    """Carillon cannot start; the message says why and what to do."""


def environment(environ: dict[str, str], host: str, port: int, folder: Path) -> dict[str, str]:
    """What our children find in their environment: the caller's own settings first, then ours."""
    programs = str(Path(sys.executable).parent)
    return {
        "CARILLON_ENV": "development",
        "SANDBOX_URL": f"http://127.0.0.1:{instance.a_free_port(SANDBOX_PORT)}",
        "PUBLIC_URL": address_of(host, port),
        **{name: value for name, value in environ.items() if value},
        "SECRET_KEY": environ.get("SECRET_KEY") or instance.secret_key(folder),
        "CARILLON_INSTANCE": str(folder),
        "HOST": host,
        "PORT": str(port),
        "PATH": os.pathsep.join([programs, environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
    }


def address_of(host: str, port: int) -> str:
    """Where a browser on this machine finds us."""
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '') else host}:{port}"  # noqa: S104


def run(processes: Path, *, prepare: bool = True) -> None:
    """Start everything, and return once it was asked to stop and has stopped. Raises CannotStart.

    `prepare=False` leaves out the migrations and the demo data.
    """
    host = os.environ.get("HOST") or "127.0.0.1"
    port = _port(os.environ.get("PORT") or "8000")
    folder = Path(os.environ.get("CARILLON_INSTANCE") or ROOT / "instance").absolute()
    commands = procfile.read(processes)
    try:
        with instance.held(folder, address_of(host, port)):
            _check_port(host, port)
            env = environment(dict(os.environ), host, port, folder)
            _run_held(env, folder, commands, prepare=prepare)
    except instance.AlreadyRunning as refusal:
        raise CannotStart(_already_running(refusal.running, folder)) from None
    except instance.Unwritable as refusal:
        raise CannotStart(
            f"Nothing can be written to {folder}: {refusal}. Carillon keeps its data there. "
            "Make the folder writable, or choose another: make run CARILLON_INSTANCE=/some/folder"
        ) from None


def _run_held(env: dict[str, str], folder: Path, commands: dict[str, str], *, prepare: bool) -> None:
    supervisor = Supervisor(env, ROOT, commands)
    try:
        if not env.get("REDIS_URL"):
            env["REDIS_URL"] = _start_valkey(supervisor, folder)
        sign_ins = ""
        if prepare:
            supervisor.say("bringing the database up to date")
            _once(env, "db", "upgrade")
            sign_ins = _once(env, "seed-demo")
        programs = [Program.from_shell(name, text, WAVES.get(name, 0)) for name, text in commands.items()]
        supervisor.start(*programs)
        supervisor.run(_announcement(supervisor, env, sign_ins))
    finally:
        supervisor.stop()
    supervisor.say("stopped")


def _start_valkey(supervisor: Supervisor, folder: Path) -> str:
    valkey = EmbeddedValkey.under(folder, instance.a_free_port())
    supervisor.start(valkey.program(WAVES["valkey"]))
    if not valkey.answers(VALKEY_PATIENCE):
        raise CannotStart(
            f"The embedded Valkey did not start. Its last words:\n{valkey.last_words()}\n"
            f"Its folder, {valkey.folder}, may be moved away: the database holds the truth, and the ticker "
            "queues its work again. Or name a Redis of your own: make run REDIS_URL=redis://…"
        )
    return valkey.url


def _once(env: dict[str, str], *arguments: str) -> str:
    """Run a `flask` command to its end and return what it printed. Raises CannotStart with its output."""
    supervisor = os.getpid()
    command = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        preexec_fn=lambda: die_with(supervisor),
    )
    if command.returncode:
        output = (command.stdout + command.stderr).strip()
        raise CannotStart(f"{output}\nCannot start: “flask {' '.join(arguments)}” failed (see above).")
    return command.stdout.strip()


def _announcement(supervisor: Supervisor, env: dict[str, str], sign_ins: str) -> Callable[[], bool]:
    """Polled by the supervisor: once the web answers, say where, and who may sign in."""
    deadline = time.monotonic() + WEB_PATIENCE
    address = address_of(env["HOST"], int(env["PORT"]))

    def announce() -> bool:
        if _web_answers(address):
            for line in ["", f"Carillon is ready: {address}", *sign_ins.splitlines(), "Ctrl-C stops it.", ""]:
                supervisor.say(line)
            return True
        if time.monotonic() > deadline:
            supervisor.say(f"the web has not answered for {WEB_PATIENCE:.0f} s; read its lines above")
            return True
        return False

    return announce


def _web_answers(address: str) -> bool:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT must be a number from 1 to 65535, not “{text}”.")
    return int(text)


def _check_port(host: str, port: int) -> None:
    try:
        free = instance.port_is_free(host, port, patience=2.0)
    except OSError as error:
        raise CannotStart(f"Cannot listen on {host}, port {port}: {error.strerror or error}.") from None
    if not free:
        other = 8010 if port != 8010 else 8020
        raise CannotStart(f"Port {port} is taken by another program. Choose another: make run PORT={other}")


def _already_running(running: instance.Running | None, folder: Path) -> str:
    if running is None:
        return f"Another Carillon is starting in {folder}."
    return (
        f"Carillon is already running: {running.address} (process {running.pid}, in {folder}).\n"
        f"Stop that one first (Ctrl-C there, or kill {running.pid}), or start a second one beside it: "
        "make run PORT=8010 CARILLON_INSTANCE=/some/folder"
    )


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.run", description="Run all of Carillon.")
    parser.add_argument("--procfile", type=Path, default=ROOT / "Procfile")
    parser.add_argument("--bare", action="store_true", help="leave out the migrations and the demo data")
    parser.add_argument("--with-parent", action="store_true", help="stop when the starting process dies")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    if options.with_parent:
        die_with(os.getppid(), signal.SIGTERM)
    try:
        run(options.procfile, prepare=not options.bare)
    except (CannotStart, procfile.ProcfileError) as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        with suppress(OSError):
            print("stopped before everything had started", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
