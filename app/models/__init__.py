"""Tables and constraints, a file per noun. No behaviour beyond what a row says of itself."""

from app.models.account import Account
from app.models.alert import StaffAlert
from app.models.banned_word import BannedWordEntry
from app.models.base import Base, UtcDateTime, new_public_id
from app.models.chore import Chore
from app.models.ledger import EntryKind, LedgerEntry
from app.models.message import Message, MessageStatus, Money
from app.models.receipt import Receipt
from app.models.recipient import Recipient, Rejection
from app.models.route import Channel, ChargeWhen, PumpLease, Route, RoutePrice
from app.models.task import Task, TaskKind, TaskState
from app.models.user import CLIENT_ROLES, STAFF_ROLES, Role, User

__all__ = [
    "CLIENT_ROLES",
    "STAFF_ROLES",
    "Account",
    "BannedWordEntry",
    "Base",
    "Channel",
    "ChargeWhen",
    "Chore",
    "EntryKind",
    "LedgerEntry",
    "Message",
    "MessageStatus",
    "Money",
    "PumpLease",
    "Receipt",
    "Recipient",
    "Rejection",
    "Role",
    "Route",
    "RoutePrice",
    "StaffAlert",
    "Task",
    "TaskKind",
    "TaskState",
    "UtcDateTime",
    "User",
    "new_public_id",
]
