"""Texts as octets: nothing lost, nothing cut in two, as many parts as were billed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.alphabet import BASIC, EXTENSION
from app.content.segments import Split, count_segments
from app.gateways.smpp.addresses import destination_address, source_address
from app.gateways.smpp.texts import GSM_CODING, UCS2_CODING, TextTooLong, pieces

GSM_TEXT = st.text(alphabet=sorted(BASIC | EXTENSION), max_size=918)
ANY_TEXT = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("aé😀€")), max_size=400
)


@given(GSM_TEXT | ANY_TEXT)
def test_a_text_takes_as_many_pieces_as_are_billed(text: str) -> None:
    found = pieces(text, 7, as_payload=False)
    assert len(found) == max(1, count_segments(text, Split.NETWORK).segments)


@given(GSM_TEXT)
def test_an_escape_is_never_the_last_octet_of_a_part(text: str) -> None:
    for piece in pieces(text, 7, as_payload=False):
        assert piece.data_coding == GSM_CODING
        assert len(piece.octets) <= 160
        assert not piece.octets.endswith(b"\x1b")


@given(ANY_TEXT)
def test_ucs_2_parts_put_together_are_the_text(text: str) -> None:
    found = pieces(text + "日", 7, as_payload=False)
    bodies = [piece.octets[6:] if piece.has_header else piece.octets for piece in found]
    assert all(piece.data_coding == UCS2_CODING and len(piece.octets) <= 140 for piece in found)
    assert "".join(body.decode("utf-16-be") for body in bodies) == text + "日"


def test_the_parts_of_a_message_share_a_reference_and_are_numbered() -> None:
    found = pieces("x" * 400, 0xAB, as_payload=False)
    assert [piece.octets[:6] for piece in found] == [bytes((5, 0, 3, 0xAB, 3, n)) for n in (1, 2, 3)]
    assert [len(piece.octets) - 6 for piece in found] == [153, 153, 94]


@pytest.mark.parametrize(
    ("text", "octets"), [("@£$ `"[:4], "000102 20"), ("[€]", "1b3c 1b65 1b3e"), ("Δ_ ü", "1011 207e")]
)
def test_gsm_characters_have_their_codes(text: str, octets: str) -> None:
    assert pieces(text, 0, as_payload=False)[0].octets == bytes.fromhex(octets)


def test_a_payload_goes_in_one_piece() -> None:
    (piece,) = pieces("x" * 500, 0, as_payload=True)
    assert (piece.as_payload, piece.has_header, len(piece.octets)) == (True, False, 500)
    assert not pieces("x" * 160, 0, as_payload=True)[0].as_payload


def test_what_no_header_can_count_is_too_long() -> None:
    with pytest.raises(TextTooLong):
        pieces("x" * (255 * 153 + 1), 0, as_payload=False)
    with pytest.raises(TextTooLong):
        pieces("x" * 70_000, 0, as_payload=True)


@pytest.mark.parametrize(
    ("sender_id", "address"),
    [
        ("BISTRO", (5, 0, "BISTRO")),
        ("Cafe 24", (5, 0, "Cafe 24")),
        ("62555", (3, 0, "62555")),
        ("+60123456789", (1, 1, "60123456789")),
        ("60123456789", (1, 1, "60123456789")),
        ("+62555", (1, 1, "62555")),
        ("", (0, 0, "")),
    ],
)
def test_a_sender_shows_what_it_is(sender_id: str, address: tuple[int, int, str]) -> None:
    found = source_address(sender_id)
    assert (found.ton, found.npi, found.digits) == address


@pytest.mark.parametrize("sender_id", ["Bäcker", "A\0B", "line\nbreak", "X" * 21])
def test_a_sender_that_smpp_cannot_carry_is_refused(sender_id: str) -> None:
    with pytest.raises(ValueError):
        source_address(sender_id)


def test_only_numbers_are_sent_to() -> None:
    assert destination_address("+60123456789").encode() == b"\x01\x0160123456789\x00"
    for bad in ("", "+", "+60x", "1" * 21, "٣٣٣"):
        with pytest.raises(ValueError):
            destination_address(bad)
