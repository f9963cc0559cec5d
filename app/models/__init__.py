"""Tables and constraints, a file per noun. No behaviour beyond what a row says of itself."""

from app.models.account import Account, AccountState
from app.models.account_export import AccountExport
from app.models.alert import StaffAlert
from app.models.banned_word import BannedWordEntry, RefusedContent
from app.models.base import Base, UtcDateTime, new_public_id
from app.models.chore import Chore
from app.models.credential import Invitation, OneTimeCode, RecoveryCode
from app.models.desk import AccountNote, AuditEvent, DeskSetting
from app.models.ledger import ENTRIES_IN_BLOCK, EntryKind, LedgerBlock, LedgerEntry
from app.models.letter import Letter, LetterChannel
from app.models.message import ERASED, Message, MessageStatus, Money
from app.models.notice import Notice, NoticeChoice, NoticeKind
from app.models.receipt import Receipt
from app.models.recipient import Recipient, Rejection
from app.models.recipient_list import ListEntry, ListState, RecipientList
from app.models.record_export import ExportKind, ExportState, RecordExport
from app.models.rollup import Rollup, RollupMonth, SubmittedDay
from app.models.route import (
    AccountRoute,
    Channel,
    ChargeWhen,
    PumpLease,
    RecentRecipient,
    RecipientPool,
    Route,
    RoutePrice,
)
from app.models.route_figures import (
    FigureKind,
    GatewayTry,
    RouteEvent,
    RouteEventKind,
    RouteHour,
    RouteOutcome,
    RoutePace,
)
from app.models.saved_text import SavedText
from app.models.sender_id import ProtectedName, SenderIdRequest
from app.models.session_record import DeviceSession, LimitHit, SignInAttempt, SignInOutcome
from app.models.suppression import (
    OptOutPage,
    Suppression,
    SuppressionSource,
    SuppressionUpload,
    UploadState,
)
from app.models.task import Task, TaskKind, TaskState
from app.models.task_name import TaskName
from app.models.terms import TermsAcceptance, TermsVersion
from app.models.ticket import Ticket, TicketMessage, TicketPost
from app.models.top_up import Adjustment, Plan, PlanTier, TopUp, TopUpState
from app.models.user import CLIENT_ROLES, STAFF_ROLES, Role, User
from app.models.whatsapp_template import TemplateState, WhatsAppTemplate

__all__ = [
    "ENTRIES_IN_BLOCK",
    "ERASED",
    "CLIENT_ROLES",
    "STAFF_ROLES",
    "Account",
    "AccountExport",
    "AccountNote",
    "AccountRoute",
    "AccountState",
    "Adjustment",
    "AuditEvent",
    "BannedWordEntry",
    "Base",
    "Channel",
    "ChargeWhen",
    "Chore",
    "DeskSetting",
    "DeviceSession",
    "EntryKind",
    "ExportKind",
    "ExportState",
    "FigureKind",
    "GatewayTry",
    "Invitation",
    "LedgerBlock",
    "LedgerEntry",
    "Letter",
    "LetterChannel",
    "LimitHit",
    "ListEntry",
    "ListState",
    "Message",
    "MessageStatus",
    "Money",
    "Notice",
    "NoticeChoice",
    "NoticeKind",
    "OneTimeCode",
    "OptOutPage",
    "Plan",
    "PlanTier",
    "ProtectedName",
    "PumpLease",
    "Receipt",
    "RecentRecipient",
    "Recipient",
    "RecipientPool",
    "RecipientList",
    "RecordExport",
    "RecoveryCode",
    "RefusedContent",
    "Rejection",
    "Role",
    "Rollup",
    "RollupMonth",
    "Route",
    "RouteEvent",
    "RouteEventKind",
    "RouteHour",
    "RouteOutcome",
    "RoutePace",
    "RoutePrice",
    "SavedText",
    "SenderIdRequest",
    "SignInAttempt",
    "SignInOutcome",
    "StaffAlert",
    "SubmittedDay",
    "Suppression",
    "SuppressionSource",
    "SuppressionUpload",
    "Task",
    "TaskKind",
    "TaskName",
    "TaskState",
    "TemplateState",
    "TermsAcceptance",
    "TermsVersion",
    "Ticket",
    "TicketMessage",
    "TicketPost",
    "TopUp",
    "TopUpState",
    "UploadState",
    "User",
    "UtcDateTime",
    "WhatsAppTemplate",
    "new_public_id",
]
