"""Making a card with its code, and recording its movements."""

from datetime import date, datetime, timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.derived import KeyedHash
from shopwright.kit.money import Money, zero
from shopwright.kit.vault import Vault
from shopwright.services.giftcards import model, purchase_store, store
from shopwright.services.giftcards.contract import GiftCard, GiftCardIssued, MovementKind, Why

SENT_WITHIN = timedelta(days=7)  # as long as the delivery log is kept


class CardMaker:
    """Makes cards; only it sees their codes."""

    def __init__(self, work: ServiceDatabase, hashed: KeyedHash, vault: Vault) -> None:
        self._work = work
        self._hashed = hashed
        self._vault = vault

    @property
    def code_key(self) -> str:
        """A check value that identifies the key of code hashes."""
        return self._hashed.of("key", "gift cards")

    async def make(
        self,
        tx: Transaction,
        amount: Money,
        why: Why,
        who: str,
        *,
        expires_on: date | None,
        recipient: str,
        request: str = "",
        request_mark: str = "",
        order_id: str = "",
        refund: str = "",
        variant_id: str = "",
        send_at: datetime | None = None,
    ) -> GiftCard | None:
        """Create a card with its code; None if the request was answered before.

        `variant_id`: what was bought with the order; the code is e-mailed at `send_at`.
        """
        code = model.written(bytes.fromhex(self._work.ids.secret(model.CODE_LENGTH)))
        card = GiftCard(
            id=self._work.ids.new("gft"),
            last4=code[-4:],
            why=why,
            state="active",
            issued=amount,
            balance=amount,
            held=zero(amount.currency),
            issued_at=tx.now,
            issued_by=who,
            expires_on=expires_on,
            recipient=recipient,
            order_id=order_id,
            code=code,
        )
        if not await store.insert(tx, card, self.hashed(code), self.code_key, request, request_mark):
            return None
        if send_at is not None:
            await purchase_store.mark_bought(tx, card.id, variant_id, to_micros(send_at))
        kinds: dict[Why, MovementKind] = {"refund": "given_back", "replacement": "moved"}
        kind = kinds.get(why, "issued")
        await self.record(tx, card.id, kind, amount.amount, who, order_id=order_id, refund=refund)
        if recipient:
            await store.keep_code(tx, card.id, self._vault.close(code), to_micros((send_at or tx.now) + SENT_WITHIN))
        await tx.emit(
            GiftCardIssued(
                card_id=card.id,
                last4=card.last4,
                amount=amount,
                why=why,
                recipient="" if send_at else recipient,
                expires_on=expires_on,
                order_id=order_id if send_at else "",
            )
        )
        return card

    async def record(
        self,
        tx: Transaction,
        card_id: str,
        kind: MovementKind,
        amount: int,
        who: str,
        *,
        order_id: str,
        refund: str = "",
    ) -> None:
        """Record a movement of a card."""
        movement_id = self._work.ids.new("gfm")
        await store.record(tx, movement_id, card_id, kind, amount, who, order_id=order_id, refund=refund)

    def hashed(self, code: str) -> str:
        """The keyed hash of a code."""
        return self._hashed.of("code", model.read(code))
