"""A campaign by template from the page's draft to the last webhook, through the pump."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from app.gateways.registry import make_gateway
from app.models import Channel, TaskState, TemplateState, WhatsAppTemplate
from jobs import receipts
from tests.gateways.whatsapp.graph import CALLBACK_URL, GOOD, Graph, signed, status, webhook
from tests.panel_client import PanelClient
from tests.recipients.sheet_files import csv_bytes
from tests.sending.engine import make_house, pump

ANN, BEN = "+61412000001", "+61412000002"


def test_from_a_template_to_the_last_webhook(
    app: Flask, client: PanelClient, session: Session, graph: Graph
) -> None:
    settings = {**GOOD, "url": graph.url}
    house = make_house(
        app,
        session,
        channel=Channel.WHATSAPP,
        takes_sender_id=False,
        gateway="whatsapp",
        gateway_settings=settings,
        requires_test=False,
    )
    template = WhatsAppTemplate(
        account_id=house.account_id, user_id=house.owner.id, name="spring_sale", language="en_US",
        body="Dear {{1}}, spring is here.", variables=1, state=TemplateState.APPROVED,
    )  # fmt: skip
    session.add(template)
    session.commit()
    rows = csv_bytes([["mobile", "name"], [ANN, "Ann"], [BEN, "Ben"]])
    fields = {"template_id": template.id, "template_values": ("{name}",), "sender_id": None, "content": ""}
    task = house.submit(house.check(house.bulk(rows, "list.csv", **fields)))

    turn = pump(app, house.route_id, make_gateway("whatsapp", settings, callback_url=CALLBACK_URL))

    assert turn.sent == 2
    sent = {body["to"]: body for body in graph.requests}
    values = {to: body["template"]["components"][0]["parameters"][0]["text"] for to, body in sent.items()}
    assert values == {ANN: "Ann", BEN: "Ben"}
    statuses = [
        status("delivered", "wamid.a", biz_opaque_callback_data=sent[ANN]["biz_opaque_callback_data"]),
        status(
            "failed", "wamid.b", code=131049, biz_opaque_callback_data=sent[BEN]["biz_opaque_callback_data"]
        ),
    ]
    body = webhook({"statuses": statuses})
    address = f"/callbacks/{house.route.public_id}"
    assert client.post(address, data=body, headers=signed(body)).status_code == 200
    receipts.apply(house.route_id)

    messages = {message.e164: (message.status, message.error_code) for message in house.messages(task)}
    assert messages == {ANN: ("delivered", None), BEN: ("failed", "marketing_cap")}
    assert house.now(task).state == TaskState.DONE
