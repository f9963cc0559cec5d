"""What the pump hands to a gateway for a task with a WhatsApp template."""

from __future__ import annotations

from sqlalchemy import update

from app.database import write_transaction
from app.gateways.base import TemplateHeader, TemplateMessage
from app.models import Message, TemplateState, WhatsAppTemplate
from app.sending.dispatch.claims import acquire_lease, take
from tests.factories.routes import make_route
from tests.factories.tasks import make_submitted_task
from tests.sending.engine import House


def test_each_message_takes_its_template_filled_with_its_own_values(house: House) -> None:
    template = WhatsAppTemplate(
        account_id=house.account_id, user_id=house.owner.id, name="spring", language="en_GB",
        body="Dear {{1}}, spring is here.", variables=1, state=TemplateState.APPROVED,
        header_kind="document", header_key="k", header_name="menu.pdf", header_type="application/pdf",
    )  # fmt: skip
    house.session.add(template)
    house.session.commit()
    route = make_route(house.session, price_per_segment=0)
    task = make_submitted_task(
        house.session, house.owner, route, messages=2, price=0, template_id=template.id
    )
    with write_transaction(house.session) as session:
        session.execute(update(Message).where(Message.task_id == task.id).values(parameters=["Ann"]))

    with write_transaction(house.session) as session:
        lease = acquire_lease(session, route.id, "pump")
        assert lease is not None
        batch = take(session, lease, 10, 5.0, lease.taking(0))

    header = TemplateHeader("document", "menu.pdf", path=f"media/{template.public_id}")
    filled = TemplateMessage("spring", "en_GB", ("Ann",), header)
    assert [claimed.outgoing.template for claimed in batch] == [filled, filled]


def test_a_task_without_a_template_sends_its_text_alone(house: House) -> None:
    route = make_route(house.session, price_per_segment=0)
    make_submitted_task(house.session, house.owner, route, messages=1, price=0)
    with write_transaction(house.session) as session:
        lease = acquire_lease(session, route.id, "pump")
        assert lease is not None
        (claimed,) = take(session, lease, 10, 5.0, lease.taking(0))

    assert (claimed.outgoing.template, claimed.outgoing.text) == (None, "Your parcel is at the counter.")
