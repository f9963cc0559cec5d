"""`make run`'s supervisor: restarts, the order of the end, no orphans, clear refusals, a state that stays."""

from __future__ import annotations

import signal
import socket
import stat
from pathlib import Path

import pytest

from operations import instance
from tests.operations.standin import WEB, StandIn, wait_until_gone
from tests.waiting import until

FOREVER = "import time\nprint('up', flush=True)\ntime.sleep(600)\n"
SLOW_WORKER = """
import os, signal, sys, time
def end(*_):
    time.sleep(0.6)
    print("worker ends", flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
print("worker up", flush=True)
while True:
    time.sleep(1)
"""
CARRIER = SLOW_WORKER.replace("worker", "carrier").replace("0.6", "0")
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\n{FOREVER}"
REDIS = """
import os, time
from redis import Redis
redis = Redis.from_url(os.environ["REDIS_URL"])
print("count is", redis.incr("count"), flush=True)
print("address", os.environ["REDIS_URL"].rsplit("@")[1], flush=True)
print("secret", os.environ["SECRET_KEY"], flush=True)
time.sleep(600)
"""
ENDS_VALKEY = """
import os, time
from redis import Redis
from redis.exceptions import ConnectionError
redis = Redis.from_url(os.environ["REDIS_URL"], retry=None)
redis.set("kept", "yes")
redis.shutdown(nosave=True)
while True:
    try:
        print("kept:", redis.get("kept"), flush=True)
        time.sleep(600)
    except ConnectionError:
        time.sleep(0.1)
"""


def test_it_says_the_address_once_the_web_answers_and_ends_in_order(tmp_path: Path) -> None:
    with StandIn(tmp_path / "a path", {"web": WEB, "worker": SLOW_WORKER, "carrier": CARRIER}) as carillon:
        carillon.wait_for(rf"Carillon is ready: http://127\.0\.0\.1:{carillon.port}$")
        carillon.wait_for("carrier up")
        assert carillon.stop() == 0
        said = carillon.said()
        ends = [said.index(f"{name} ends") for name in ("web", "worker", "carrier")]
        assert ends == sorted(ends)
        assert said.rstrip().endswith("stopped")
        assert "\x1b" not in said
        assert not carillon.processes()


def test_a_process_that_dies_is_started_again_with_growing_gaps(tmp_path: Path) -> None:
    dying = "print('not for long', end='', flush=True)\nraise SystemExit(3)\n"
    with StandIn(tmp_path, {"web": WEB, "fickle": dying}, REDIS_URL="redis://unused") as carillon:
        carillon.wait_for(r"fickle +\| not for long$")
        carillon.wait_for(r"fickle died with status 3; starts again in 1 s")
        carillon.wait_for(r"fickle died with status 3; starts again in 2 s")
        assert carillon.said().partition("again in 2 s")[0].count("not for long") == 2


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with StandIn(tmp_path, {"web": WEB, "worker": FOREVER}) as carillon:
        carillon.wait_for("Carillon is ready")
        until(lambda: len(carillon.processes()) == 4)  # itself, Valkey, web, worker
        carillon.stop(signal.SIGKILL)
        wait_until_gone(carillon)


def test_it_stops_in_order_when_the_make_that_started_it_is_killed(tmp_path: Path) -> None:
    with StandIn(tmp_path, {"web": WEB, "worker": SLOW_WORKER}, under_make=True) as carillon:
        carillon.wait_for("worker up")
        carillon.wait_for("Carillon is ready")
        carillon.stop(signal.SIGKILL)
        wait_until_gone(carillon)
        assert "worker ends" in carillon.said()


def test_a_second_signal_forces_the_end(tmp_path: Path) -> None:
    with StandIn(tmp_path, {"worker": DEAF}, REDIS_URL="redis://unused") as carillon:
        carillon.wait_for("deaf")
        carillon.process.send_signal(signal.SIGINT)
        carillon.wait_for(r"stopping \(once more to force\)")
        assert carillon.stop(signal.SIGINT) == 0
        assert "ending by force: worker" in carillon.said()
        wait_until_gone(carillon)


def test_a_second_start_is_refused_with_the_first_ones_address(tmp_path: Path) -> None:
    with StandIn(tmp_path / "one", {"web": WEB}, REDIS_URL="redis://unused") as first:
        first.wait_for("Carillon is ready")
        where = str(first.instance)
        with StandIn(tmp_path / "two", {"web": WEB}, CARILLON_INSTANCE=where) as second:
            assert second.process.wait(60) == 1
            said = second.said()
        assert f"already running: http://127.0.0.1:{first.port} (process {first.process.pid}" in said
        assert first.process.poll() is None
        assert instance.running(first.instance) == instance.Running(
            first.process.pid, f"http://127.0.0.1:{first.port}"
        )
    assert instance.running(first.instance) is None


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with StandIn(tmp_path, {"web": WEB}, PORT=str(port)) as carillon:
            assert carillon.process.wait(60) == 1
            said = carillon.said()
    assert f"Port {port} is taken by another program. Choose another: make run PORT=8010" in said
    assert not (carillon.instance / "valkey").exists()


@pytest.mark.parametrize("port", ["eighty", "70000"])
def test_a_port_that_is_none_is_told(tmp_path: Path, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from operations import run

    monkeypatch.setenv("PORT", port)
    with pytest.raises(run.CannotStart, match="PORT must be a number"):
        run.run(tmp_path / "Procfile")


def test_queued_work_and_sessions_survive_a_restart_on_a_private_valkey(tmp_path: Path) -> None:
    with StandIn(tmp_path / "with a space", {"worker": REDIS}) as carillon:
        carillon.wait_for("count is 1")
        secret = carillon.wait_for(r"secret (\S+)")[1]
        host, port = carillon.wait_for(r"address (\S+):(\d+)").groups()
        assert host == "127.0.0.1"
        with socket.create_connection((host, int(port))) as stranger:
            stranger.sendall(b"INCR count\r\n")
            assert stranger.recv(100).startswith(b"-NOAUTH")
        carillon.stop()
    assert stat.S_IMODE((carillon.instance / "secret-key").stat().st_mode) == 0o600

    with StandIn(tmp_path / "with a space", {"worker": REDIS}) as again:
        again.wait_for("count is 2")
        assert again.wait_for(r"secret (\S+)")[1] == secret


def test_a_valkey_that_dies_comes_back_at_the_same_address(tmp_path: Path) -> None:
    with StandIn(tmp_path, {"worker": ENDS_VALKEY}) as carillon:
        carillon.wait_for(r"valkey ended; starts again in 1 s")
        carillon.wait_for(r"kept: b'yes'")


def test_a_secret_cut_off_while_it_was_written_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "secret-key").touch()
    secret = instance.secret_key(tmp_path)
    assert len(secret) >= 32
    assert instance.secret_key(tmp_path) == secret
