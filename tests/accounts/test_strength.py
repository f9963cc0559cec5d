"""What a new password must be."""

from __future__ import annotations

import pytest
import zxcvbn

from app.accounts.strength import LONGEST, WeakPassword, judge, require_strong

ABOUT = ("Ana Soler", "ana.soler@harbourlane.example", "Harbour Lane Marketing")
GOOD = "lantern orbit velvet pickle"


def test_words_that_do_not_belong_together_are_enough():
    assert judge(GOOD, ABOUT).is_enough
    require_strong(GOOD, ABOUT)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short 7&x",
        "password1234",
        "P@ssw0rd12345",
        "qwertyuiop[]",
        "123456789012",
        "aaaaaaaaaaaaaaaa",
        "iloveyou2024!",
        "soler lantern orbit velvet",
        "HARBOURLANE orbit velvet pickle",
        "marketing orbit velvet pickle",
        "lantern" + " orbit" * 30,
    ],
)
def test_what_others_guess_or_know_is_refused_with_reasons(password):
    verdict = judge(password, ABOUT)
    assert not verdict.is_enough
    assert verdict.problems
    assert verdict.score < 3
    with pytest.raises(WeakPassword):
        require_strong(password, ABOUT)


def test_a_long_password_is_judged_by_its_beginning_and_may_be_used():
    long = "lantern orbit velvet pickle morning " * 3
    assert 72 < len(long) <= LONGEST
    assert judge(long).is_enough
    assert not judge("a" * LONGEST).is_enough


def test_short_pieces_of_a_name_do_not_spoil_honest_words():
    assert judge("analogue bicycle thunder moss", ("Ana Li", "al@ex.io", "Co")).is_enough


def test_nobody_keeps_the_meter_busy_with_signs_that_may_mean_anything(monkeypatch):
    judged: list[str] = []
    real = zxcvbn.zxcvbn
    monkeypatch.setattr(zxcvbn, "zxcvbn", lambda text, **more: judged.append(text) or real(text, **more))
    assert judge("4@8({[<369&#!1|0$5+7%2/" * 5).score >= 3
    assert judge("550e8400-e29b-41d4-a716-446655440000").is_enough
    assert judge("lantern orbit velvet pickle morning " * 3).is_enough
    assert [len(text) for text in judged] == [18, 25, 72]
