"""Gift cards cannot be spent twice: balances change by conditional statements only."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from shopwright.kit.addresses import check_email
from shopwright.kit.auth import SYSTEM, Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.data import guesses
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.days import day_of
from shopwright.kit.derived import KeyedHash, fingerprint
from shopwright.kit.errors import Conflict, IdempotencyConflict, Invalid, Missing, RateLimited, Refused, Unavailable
from shopwright.kit.money import LARGEST, Money, write
from shopwright.kit.observability import security_log
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.kit.vault import Vault, protect
from shopwright.services.giftcards import hold_store, model, purchase_store, replacement, store
from shopwright.services.giftcards.contract import (
    BoughtGiftCard,
    GiftCard,
    GiftCardErased,
    GiftCardMovement,
    GiftCardRefused,
    GiftCards,
    GiftCardShare,
    NewGiftCard,
    NewPurchase,
    OrderGiftCards,
)
from shopwright.services.giftcards.making import SENT_WITHIN, CardMaker
from shopwright.services.giftcards.purchases import Purchases
from shopwright.services.users.contract.events import AddressErased, UserErased

TRIES = 20  # of a network address in a quarter of an hour
OTHER_KEY = gettext_noop(
    "Gift cards whose codes were made with another secret than the shop has now: {count}. Their codes are refused. Set SHOPWRIGHT_SECRET, or secret.key in the data folder, as it was. Where it is lost, replace each card: its owner needs the new code."
)
NOT_USABLE = gettext_noop("This gift card cannot pay as much any more. Look at your cart again.")


class GiftCardService(GiftCards):
    """The operations of gift cards."""

    def __init__(self, work: ServiceDatabase, hashed: KeyedHash, vault: Vault, *, currency: str, country: str) -> None:
        self._work = work
        self._hashed = hashed
        self._vault = vault
        self._currency = currency
        self._country = country
        self._maker = CardMaker(work, hashed, vault)
        self._purchases = Purchases(work, self._maker, country)

    def _today(self) -> date:
        return day_of(self._work.now(), self._work.zone)

    # --- for staff

    async def issue(self, new: NewGiftCard, who: Caller, key: str = "") -> GiftCard:
        today = self._today()
        if new.amount.currency != self._currency:
            raise Invalid.at(
                "/amount/currency", _("Gift cards of this shop are in {currency}.", currency=self._currency)
            )
        if not 1 <= new.amount.amount <= LARGEST:
            raise Invalid.at(
                "/amount", _("The amount of a gift card is above 0 and at most that of the largest order.")
            )
        expires_on = new.expires_on
        if isinstance(expires_on, msgspec.UnsetType):
            expires_on = model.last_day(self._country, today)
        elif expires_on is not None and expires_on < today:
            raise Invalid.at("/expires_on", _("This day is over. Choose a later one, or none."))
        recipient = check_email(new.recipient, "/recipient") if new.recipient else ""
        request = f"{who.user_id}/{key}" if key else ""
        request_mark = fingerprint(msgspec.json.encode(new))
        async with self._work.begin() as tx:
            made = await self._maker.make(
                tx, new.amount, new.why, who.signature,
                expires_on=expires_on, recipient=recipient, request=request, request_mark=request_mark,
            )  # fmt: skip
            if made is not None:
                return made
            row = await store.by_request(tx, request)
        if row is None:
            raise Missing(_("There is no such gift card."))
        if row["fingerprint"] != request_mark:
            raise IdempotencyConflict(_("This Idempotency-Key was used for another gift card. Use a new one."))
        return store.card_of(row, today)

    async def cards(self, *, text: str = "", after: str = "", limit: int = 50) -> list[GiftCard]:
        today = self._today()
        return [store.card_of(row, today) for row in await store.search(self._work, text.strip(), after, limit)]

    async def card(self, card_id: str) -> GiftCard:
        row = await store.row_of(self._work, card_id)
        if row is None:
            raise Missing(_("There is no such gift card."))
        return store.card_of(row, self._today())

    async def named(self, card_ids: Sequence[str], cart_id: str = "") -> dict[str, GiftCard]:
        today = self._today()
        cards = {row["id"]: store.card_of(row, today) for row in await store.named(self._work, card_ids)}
        own = await hold_store.held_for(self._work, self._hashed.of("cart", cart_id)) if cart_id else {}
        return {
            name: msgspec.structs.replace(card, held=card.held - Money(own.get(name, 0), card.held.currency))
            for name, card in cards.items()
        }

    async def movements(self, card_id: str, limit: int = 100) -> list[GiftCardMovement]:
        return await store.movements(self._work, card_id, limit)

    async def set_disabled(self, card_id: str, *, disabled: bool) -> GiftCard:
        async with self._work.begin() as tx:
            if await store.lock(tx, card_id) is None:
                raise Missing(_("There is no such gift card."))
            await store.set_disabled(tx, card_id, disabled=disabled)
        return await self.card(card_id)

    async def replace(self, card_id: str, who: Caller) -> GiftCard:
        async with self._work.begin() as tx:
            row = await store.lock(tx, card_id)
            if row is None:
                raise Missing(_("There is no such gift card."))
            today = self._today()
            old = store.card_of(row, today)
            if old.expired:
                raise Conflict(_("This gift card has expired: another one would have expired, too."))
            if old.available.amount <= 0:
                raise Conflict(_("This gift card has no balance left to move to another one."))
            await store.add(tx, card_id, -old.available.amount)
            await self._maker.record(tx, card_id, "moved", -old.available.amount, who.signature, order_id="")
            await store.set_disabled(tx, card_id, disabled=True)
            new = await self._maker.make(
                tx, old.available, "replacement", who.signature, expires_on=old.expires_on, recipient=old.recipient
            )
            if new is None:
                raise Conflict(_("This gift card is being replaced already."))
            await store.set_successor(tx, card_id, new.id)
        return new

    # --- for owners of a code

    async def find(self, code: str, address: str = "") -> GiftCard:
        key = f"client:{address}"
        if address:
            await self._count_guess(key, address)
        row = await store.by_code(self._work, self._maker.hashed(code)) if model.read(code) else None
        if row is None:
            raise Missing(_("There is no gift card with this code. It has 16 letters and digits."))
        if address:
            async with self._work.begin() as tx:
                await guesses.take_back(tx, key)
        return store.card_of(row, self._today())

    async def _count_guess(self, key: str, address: str) -> None:
        """Count a try before the look-up. Raises RateLimited."""
        async with self._work.begin() as tx:
            count, until = await guesses.count(tx, key)
        if count > TRIES:
            wait = int((until - self._work.now()).total_seconds()) + 1
            security_log.note("gift cards guessed", address=address)
            raise RateLimited(_("Too many tries. Come back in {wait} seconds.", wait=wait), data={"retry_after": wait})

    async def code_for_email(self, card_id: str) -> str:
        body = await store.code_of(self._work, card_id, to_micros(self._work.now()))
        if body is None:
            raise Missing(_("The code of this gift card is no longer stored."))
        return self._vault.open(body)

    # --- for orders

    async def hold(
        self, order_id: str, shares: Sequence[GiftCardShare], expires_at: datetime, cart_id: str = ""
    ) -> None:
        if not shares:
            return
        async with self._work.begin() as tx:
            if await hold_store.open_hold(tx, order_id, to_micros(expires_at), self._hashed.of("cart", cart_id)):
                await self._insert_shares(tx, order_id, shares)
            elif await hold_store.state_of(tx, order_id) == "open":
                await self._hold_anew(tx, order_id, shares)

    async def _insert_shares(self, tx: Transaction, order_id: str, shares: Sequence[GiftCardShare]) -> None:
        """Hold all shares. Cards are locked by id everywhere, so that two orders cannot deadlock."""
        today = self._today()
        for position, share in sorted(enumerate(shares), key=lambda one: one[1].card_id):
            if share.amount.amount <= 0:
                raise Invalid(_("Each gift card of an order pays an amount above 0."))
            if not await hold_store.set_aside(tx, order_id, position, share, today):
                raise GiftCardRefused(_(NOT_USABLE), data={"card_id": share.card_id, "last4": share.last4})

    async def _hold_anew(self, tx: Transaction, order_id: str, shares: Sequence[GiftCardShare]) -> None:
        """Replace held shares if the buyer chose other cards before placing the order again."""
        held = {line.card_id: line.amount for line in await hold_store.lines_of(tx, order_id)}
        wanted = {share.card_id: share.amount.amount for share in shares}
        if held == wanted:
            return
        await replacement.set_free(tx, self._work.ids, order_id, also=[*wanted])
        await self._insert_shares(tx, order_id, shares)

    async def extend_hold(self, order_id: str, expires_at: datetime) -> None:
        async with self._work.begin() as tx:
            await hold_store.keep_until(tx, order_id, to_micros(expires_at))

    async def redeem(self, order_id: str, shares: Sequence[GiftCardShare] = ()) -> Literal["taken", "expired"]:
        async with self._work.begin() as tx:
            if not await hold_store.close_hold(tx, order_id, "taken"):
                return "taken" if await hold_store.state_of(tx, order_id) == "taken" else "expired"
            if shares:
                await self._hold_anew(tx, order_id, shares)
            for line in await hold_store.let_go(tx, order_id, spent=True):
                await self._maker.record(tx, line.card_id, "taken", -line.amount, SYSTEM.name, order_id=order_id)
        return "taken"

    async def release_hold(self, order_id: str) -> None:
        await self._close(order_id, "released")

    async def _close(self, order_id: str, state: str) -> None:
        async with self._work.begin() as tx:
            if await hold_store.close_hold(tx, order_id, state):
                await replacement.set_free(tx, self._work.ids, order_id)

    async def refund(self, order_id: str, key: str, amount: Money, recipient: str = "") -> tuple[GiftCardShare, ...]:
        if amount.amount <= 0:
            return ()
        async with self._work.begin() as tx:
            if await hold_store.begin_refund(tx, key, order_id, amount.amount):
                if await hold_store.state_of(tx, order_id) not in {"", "taken"}:
                    raise Unavailable(_("The gift cards of this order are not redeemed yet. Try again in a moment."))
                if lines := await hold_store.lines_of(tx, order_id):
                    await self._put_back(tx, order_id, lines, amount.amount, key)
                elif recipient:
                    until = model.last_day(self._country, self._today())
                    await self._maker.make(
                        tx, amount, "refund", SYSTEM.name,
                        expires_on=until, recipient=recipient, order_id=order_id, refund=key,
                    )  # fmt: skip
                else:
                    raise Refused(
                        _(
                            "{amount} cannot be refunded to a gift card: there is no e-mail address to send its code to.",
                            amount=write(amount),
                        )
                    )
            return await hold_store.of_refund(tx, key)

    async def _put_back(
        self, tx: Transaction, order_id: str, lines: Sequence[hold_store.CardShare], amount: int, refund: str
    ) -> None:
        """Refund to the order's cards or their successors; expired ones become valid again."""
        today = self._today()
        shares = model.shared_out([(one.card_id, max(0, one.amount - one.back)) for one in lines], amount)
        heirs = await replacement.successors(tx, shares)
        for paid_by, part in sorted(shares.items(), key=lambda one: heirs[one[0]]):
            card_id = heirs[paid_by]
            await store.add(tx, card_id, part)
            await store.prolong(tx, card_id, today, model.last_day(self._country, today))
            await hold_store.went_back(tx, order_id, paid_by, part)
            await self._maker.record(tx, card_id, "given_back", part, SYSTEM.name, order_id=order_id, refund=refund)

    async def of_order(self, order_id: str) -> OrderGiftCards:
        return await hold_store.of_order(self._work, order_id)

    # --- bought with orders

    async def plan_purchase(self, purchase: NewPurchase) -> None:
        await self._purchases.plan(purchase)

    async def issue_purchase(self, order_id: str) -> None:
        await self._purchases.issue(order_id)

    async def withdraw_purchase(
        self, order_id: str, key: str, units: Mapping[str, int] | None = None, *, strict: bool = True
    ) -> None:
        await self._purchases.withdraw(order_id, key, units, strict=strict)

    async def restore_purchase(self, order_id: str, key: str) -> None:
        await self._purchases.restore(order_id, key)

    async def purchased(self, order_id: str) -> list[BoughtGiftCard]:
        return await self._purchases.of_order(order_id)

    async def send_again(self, card_id: str) -> None:
        await self._purchases.send_again(card_id)

    # --- jobs

    async def send(self) -> None:
        """Scheduled job: e-mail the codes of bought cards whose day has come."""
        await self._purchases.send()

    async def expire(self) -> None:
        """Scheduled job: release expired holds."""
        for order_id in await hold_store.expired(self._work, to_micros(self._work.now()), limit=200):
            with self._work.aside.guard("hold of gift cards", order_id):
                await self._close(order_id, "expired")

    async def forget(self) -> None:
        """Scheduled job: delete sent codes and old tries."""
        async with self._work.begin() as tx:
            await store.forget(tx)
            await purchase_store.forget_messages(tx, to_micros(tx.now - SENT_WITHIN))
            await guesses.forget_old(tx)

    async def on_erased(self, delivery: Delivery) -> None:
        """Handle UserErased: erase the person, also by address if that was verified."""
        event: UserErased = delivery.event
        await self._forget(delivery, event.email if event.verified else "", event.user_id)

    async def on_address_erased(self, delivery: Delivery) -> None:
        """Handle AddressErased: erase the person."""
        event: AddressErased = delivery.event
        await self._forget(delivery, event.email)

    async def _forget(self, delivery: Delivery, email: str, customer_id: str = "") -> None:
        async with self._work.begin(dedup_key=delivery.key) as tx:
            cards = await purchase_store.forget_person(tx, email, customer_id)
            cards += await store.forget_recipient(tx, email) if email else []
            for card_id in dict.fromkeys(cards):
                await tx.redact(card_id)
                await tx.emit(GiftCardErased(card_id=card_id))

    async def protect(self, *, anew: bool) -> int:
        """Encrypt codes that are yet to be sent; `anew`: with the newest key. Returns how many.

        Also records with the cards which key hashes their codes.
        """
        async with self._work.begin() as tx:
            await store.name_code_key(tx, self._maker.code_key)
            return await protect(tx, self._vault, (("codes", "card_id", "body"),), anew=anew)

    async def check_consistency(self) -> list[str]:
        """Describe inconsistencies for `doctor`."""
        wrong = await store.check_consistency(self._work)
        if count := await store.of_other_keys(self._work, self._maker.code_key):
            wrong.append(_(OTHER_KEY, count=count))
        return wrong
