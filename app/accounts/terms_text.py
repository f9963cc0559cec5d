"""The terms that ship with Carillon, in force until staff publish a version of their own.

Headings begin with "## ", items with "- ", paragraphs are parted by blank lines; a line break inside a paragraph
counts as a space. A change of meaning here needs a new version in SHIPPED_VERSION.
"""

from __future__ import annotations

from typing import Final

SHIPPED_VERSION: Final = "2026-11"

SHIPPED_TEXT: Final = """\
You accept these terms when you sign in for the first time, again when they change, and each time you submit
a task. We record which version you accepted, when, and from which IP address.

## Prepaid credit

Carillon is prepaid: top up before you send. When you submit a task, its whole price is held from your
available credit. Nothing is submitted unless the credit covers it. What succeeds is charged, and what fails
is given back as the route's rules say; the review page shows those rules before you submit.

## How credits are counted

A message is priced by its segments, its route and its destination. A segment holds 160 characters of the
GSM alphabet; a longer text is split as its route says, flat by 160 or by 153 as the networks do. The
characters ^ { } [ ] ~ | \\ € count as two. The price of a message is its segments times the route's credits
for a segment, and the review page adds it up for every recipient.

## What you may send

- Messages go one way, from you to your recipients. Replies are neither received nor shown.
- Promotional content only. Transactional messages, such as one-time codes or bank notices, and personal
messages are not allowed.
- Some routes take campaigns of a minimum size only; the route says so before you submit.
- Run a test message before a campaign, to see how your sender ID and text arrive.

## Content is your responsibility

You answer for what you send, for your right to use each number, and for the consent of the people behind
it. These are prohibited: hate, vulgar, racist, adult or abusive content, misleading claims, fraud and
harassment. We check content by machine, and staff may look at it. Content that breaks these terms is
refused, and repeated attempts end the service.

## Your recipients

Give one clean number on each line, with its full country code. Rows that cannot be read as a phone number
are rejected and shown to you. A task whose number of recipients or whose price cannot be established, for
whatever reason, is discarded: nothing is held and nothing is sent.

## Delivery

Delivery depends on the route and plan you choose, on the carriers and on the recipients' phones. It is
never instant, and never 100 %. A time you set is when sending starts, not when every message has arrived.
Some routes report on every message and others give totals only; the route says which. A message whose
outcome stays unknown is shown as in doubt. It is not sent twice, and when nothing confirms it in time you
do not pay for it.

## Your sign-in

Keep your password to yourself, and change it now and then, and at once when somebody else may know it. The
time and IP address of every sign-in are recorded. What is done with your sign-in counts as done by you.

## Attacks

Attacks on Carillon, its gateways or its other clients, and attempts to get around its checks and limits,
end the service at once.

## Support

Support answers within 2 to 72 hours. Have the task's name and a few sample numbers ready; they make the
answer quicker.

## Changes

When these terms change, they get a new version, and you are asked to accept it at your next sign-in and
before you send again.
"""
