// A carrier for the tests: the npm package smpp as the server, told by lines of JSON what to do, telling what it saw.
"use strict";

const fs = require("fs");
const readline = require("readline");
const smpp = require("smpp");

const given = JSON.parse(process.argv[2]);
const sessions = [];
let script = [];
let usual = {};
let bindStatus = 0;
let ids = given.first_id || 1;
let held = [];

const tell = (event) => process.stdout.write(JSON.stringify(event) + "\n");

const hex = (value) => (Buffer.isBuffer(value) ? value.toString("hex") : value);

function textOf(field) {
  if (field === undefined || field === null) return null;
  const text = Buffer.isBuffer(field) ? field.toString("latin1") : field.message;
  return Buffer.isBuffer(text) ? text.toString("latin1") : text;
}

function answer(session, pdu, how) {
  if (how.drop) return session.socket.destroy();
  if (how.silent) return;
  if (how.nack) return session.generic_nack({ sequence_number: pdu.sequence_number, command_status: how.nack });
  const id = "id" in how ? how.id : given.hex ? (ids++).toString(16) : String(ids++);
  const words = pdu.response({ command_status: how.status || 0, message_id: id });
  const reply = () => {
    session.send(words);
    if (how.drop_after) session.socket.destroy();
  };
  if (how.receipt_first) deliver(session, receipt(id, pdu, how.receipt_first));
  if (how.hold) held.push(reply);
  else if (how.delay) setTimeout(reply, how.delay);
  else reply();
  if (usual.receipts && !how.status && pdu.registered_delivery) deliver(session, receipt(id, pdu, usual.receipts));
}

function receipt(id, pdu, stat) {
  return {
    esm_class: 4,
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    short_message: `id:${id} sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 stat:${stat} err:000 text:`,
  };
}

function deliver(session, fields) {
  const given = { ...fields };
  if (given.hex_message) given.short_message = Buffer.from(given.hex_message, "hex");
  if (given.network_error_code) given.network_error_code = Buffer.from(given.network_error_code, "hex");
  delete given.hex_message;
  session.deliver_sm(given, (reply) => tell({ event: "deliver_resp", status: reply.command_status, fields }));
}

function listen(session) {
  sessions.push(session);
  session.on("error", () => session.socket.destroy());
  session.on("close", () => {
    sessions.splice(sessions.indexOf(session), 1);
    tell({ event: "closed" });
  });
  for (const kind of ["bind_transceiver", "bind_transmitter", "bind_receiver"]) {
    session.on(kind, (pdu) => {
      const right = pdu.system_id === given.system_id && pdu.password === given.password;
      const status = bindStatus || (right ? 0 : smpp.ESME_RINVPASWD);
      tell({ event: "bind", kind, status, version: pdu.interface_version, system_type: pdu.system_type, at: Date.now() });
      session.send(pdu.response({ command_status: status, system_id: "peer" }));
    });
  }
  session.on("enquire_link", (pdu) => {
    tell({ event: "enquire_link" });
    if (!usual.deaf) session.send(pdu.response());
  });
  session.on("enquire_link_resp", () => tell({ event: "enquire_link_resp" }));
  session.on("generic_nack", (pdu) => tell({ event: "generic_nack", status: pdu.command_status }));
  session.on("unbind", (pdu) => {
    tell({ event: "unbind" });
    session.send(pdu.response());
    session.close();
  });
  session.on("unbind_resp", () => tell({ event: "unbind_resp" }));
  session.on("submit_sm", (pdu) => {
    const message = pdu.short_message || {};
    tell({
      event: "submit",
      source: [pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr],
      destination: [pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr],
      esm_class: pdu.esm_class,
      data_coding: pdu.data_coding,
      registered_delivery: pdu.registered_delivery,
      text: textOf(pdu.short_message),
      payload: textOf(pdu.message_payload),
      udh: (message.udh || []).map(hex),
      at: Date.now(),
    });
    answer(session, pdu, { ...usual, ...(script.shift() || {}) });
  });
}

const tls = given.tls ? { key: fs.readFileSync(given.tls.key), cert: fs.readFileSync(given.tls.cert) } : {};
const server = smpp.createServer(tls, listen);
server.listen(given.port || 0, "127.0.0.1", () => tell({ event: "listening", port: server.address().port }));

const orders = {
  script: (order) => (script = order.answers),
  usual: (order) => (usual = order.how),
  bind_status: (order) => (bindStatus = order.value),
  deliver: (order) => {
    for (const fields of order.receipts) for (const session of sessions) deliver(session, fields);
  },
  nothing: () => {},
  release: () => held.splice(0).forEach((reply) => reply()),
  enquire: () => sessions.forEach((session) => session.enquire_link()),
  unbind: () => sessions.forEach((session) => session.unbind()),
  unknown: () => sessions.forEach((session) => session.query_sm({ message_id: "1" })),
  garbage: () => sessions.forEach((session) => session.socket.write(Buffer.alloc(32, 0xff))),
  reset: () => {
    script = [];
    held = [];
    usual = {};
    bindStatus = 0;
    ids = given.first_id || 1;
    orders.drop();
  },
  drop: () => sessions.forEach((session) => session.socket.destroy()),
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  orders[order.do](order);
  tell({ event: "done", do: order.do });
}).on("close", () => process.exit(0));
