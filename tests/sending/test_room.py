"""A pump makes room for others who want its worker, and not for itself."""

from __future__ import annotations

from flask import Flask
from redis import Redis

from app.queues import enqueue, others_wait


def test_a_routes_own_next_slice_does_not_make_its_pump_give_way(app: Flask, redis: Redis) -> None:
    with app.app_context():
        assert not others_wait("jobs.dispatch.pump", 1)
        enqueue("jobs.dispatch.pump", 1)
        assert not others_wait("jobs.dispatch.pump", 1)
        enqueue("jobs.dispatch.pump", 11)
        assert others_wait("jobs.dispatch.pump", 1)


def test_a_redis_that_is_away_keeps_no_pump_from_going_on(app: Flask, redis: Redis) -> None:
    redis.client_pause(4_000)
    with app.app_context():
        assert not others_wait("jobs.dispatch.pump", 1)
    redis.client_unpause()
