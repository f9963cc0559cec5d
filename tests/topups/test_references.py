"""References that survive a bank form."""

from __future__ import annotations

import pytest

from app.topups.references import _SIGNS, new_reference, read_reference


def test_a_reference_is_read_as_people_type_it():
    reference = new_reference()
    for written in (
        reference,
        reference.lower(),
        reference.replace("-", ""),
        f" {reference.replace('-', ' ')} ",
    ):
        assert read_reference(written) == reference
    assert read_reference(reference.replace("0", "o")) == reference


def test_a_wrong_sign_is_always_noticed():
    signs = new_reference().replace("-", "")
    for place in range(len(signs)):
        for sign in set(_SIGNS) - {signs[place]}:
            with pytest.raises(ValueError):
                read_reference(signs[:place] + sign + signs[place + 1 :])


def test_two_signs_exchanged_are_always_noticed():
    signs = new_reference().replace("-", "")
    for one in range(len(signs)):
        for other in range(one + 1, len(signs)):
            if signs[one] != signs[other]:
                changed = list(signs)
                changed[one], changed[other] = changed[other], changed[one]
                with pytest.raises(ValueError):
                    read_reference("".join(changed))


@pytest.mark.parametrize("written", ["", "7K3M", "7K3M-9QX!", "AAAA-AAAA", "7K3M-9QXT-7K3M"])
def test_what_is_no_reference(written):
    with pytest.raises(ValueError):
        read_reference(written)
