"""Whatever is asked of the ledger, in whatever order and however often, the books add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from app.database import write_transaction
from app.errors import Conflict, InsufficientCredit
from app.ledger import transfers
from app.ledger.audit import audit
from app.ledger.balances import Balance, balance
from app.models import LedgerEntry
from tests.factories.accounts import make_account
from tests.factories.routes import make_route
from tests.factories.tasks import make_draft
from tests.factories.users import make_owner

AMOUNTS = st.integers(min_value=1, max_value=5_000)
TASKS = st.integers(min_value=0, max_value=1)
Transfer = Callable[[Session, int, int, int, str], LedgerEntry]


class LedgerMachine(RuleBasedStateMachine):
    """Moves credit at random on one account with two tasks, beside a model of plain numbers."""

    session: Session  # set by the test

    def __init__(self) -> None:
        super().__init__()
        owner = make_owner(self.session, make_account(self.session))
        route = make_route(self.session)
        self.account_id: int = owner.account_id  # type: ignore[assignment]
        self.tasks = [make_draft(self.session, owner, route).id for _ in range(2)]
        self.available = 0
        self.outstanding: Counter[int] = Counter()
        self.charged: Counter[int] = Counter()
        self.done: list[tuple[Callable[[], LedgerEntry], int]] = []

    def post(self, act: Callable[[], LedgerEntry], allowed: bool) -> None:
        """Post a transfer that the model allows, or see that it is refused."""
        if not allowed:
            with pytest.raises((Conflict, InsufficientCredit)), write_transaction(self.session):
                act()
            return
        with write_transaction(self.session):
            entry_id = act().id
        self.done.append((act, entry_id))

    def task_transfer(self, transfer: Transfer, task: int, amount: int, allowed: bool) -> None:
        key = f"{transfer.__name__}:{self.account_id}:{len(self.done)}"
        task_id, account_id = self.tasks[task], self.account_id
        self.post(lambda: transfer(self.session, task_id, account_id, amount, key), allowed)

    @rule(amount=AMOUNTS)
    def top_up(self, amount: int) -> None:
        key, account_id = f"top-up:{self.account_id}:{len(self.done)}", self.account_id
        self.post(
            lambda: transfers.top_up(self.session, account_id, amount, key, user_id=None, note=None), True
        )
        self.available += amount

    @rule(amount=AMOUNTS.map(lambda amount: amount - 2_501).filter(bool))
    def adjust(self, amount: int) -> None:
        key, account_id = f"adjust:{self.account_id}:{len(self.done)}", self.account_id
        allowed = self.available + amount >= 0
        self.post(
            lambda: transfers.adjust(self.session, account_id, amount, key, user_id=None, note=None), allowed
        )
        self.available += amount if allowed else 0

    @rule(task=TASKS, amount=AMOUNTS)
    def hold(self, task: int, amount: int) -> None:
        allowed = amount <= self.available
        self.task_transfer(transfers.hold, task, amount, allowed)
        if allowed:
            self.available -= amount
            self.outstanding[task] += amount

    @rule(task=TASKS, amount=AMOUNTS)
    def charge(self, task: int, amount: int) -> None:
        allowed = amount <= self.outstanding[task]
        self.task_transfer(transfers.charge, task, amount, allowed)
        if allowed:
            self.outstanding[task] -= amount
            self.charged[task] += amount

    @rule(task=TASKS, amount=AMOUNTS)
    def release(self, task: int, amount: int) -> None:
        allowed = amount <= self.outstanding[task]
        self.task_transfer(transfers.release, task, amount, allowed)
        if allowed:
            self.outstanding[task] -= amount
            self.available += amount

    @rule(task=TASKS, amount=AMOUNTS)
    def refund(self, task: int, amount: int) -> None:
        allowed = amount <= self.charged[task]
        self.task_transfer(transfers.refund, task, amount, allowed)
        if allowed:
            self.charged[task] -= amount
            self.available += amount

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        if self.done:
            act, entry_id = data.draw(st.sampled_from(self.done))
            with write_transaction(self.session):
                assert act().id == entry_id

    @invariant()
    def balances_follow_the_model(self) -> None:
        expected = Balance(self.available, sum(self.outstanding.values()))
        assert balance(self.session, self.account_id) == expected

    def teardown(self) -> None:
        """There are no messages here, so only the account's own books can be sound."""
        report = audit(self.session, self.account_id)
        assert [difference for difference in report.differences if difference.task_id is None] == []


@pytest.mark.usefixtures("any_app")
@pytest.mark.books_broken_on_purpose  # holds without messages
def test_any_sequence_of_transfers_keeps_the_books(session: Session) -> None:
    class Machine(LedgerMachine):
        pass

    Machine.session = session
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
