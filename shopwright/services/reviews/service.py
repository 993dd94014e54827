"""Reviews by verified buyers, one per product, published at once unless flagged."""

import re
from collections.abc import Callable
from datetime import datetime

import msgspec

from shopwright.kit.auth import Caller
from shopwright.kit.caching.memo import Memo
from shopwright.kit.data.events import Delivery
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Invalid, Missing, Problem, Unauthenticated
from shopwright.kit.personal import ERASED, redacted
from shopwright.kit.ports import DocumentStore
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.reviews import store
from shopwright.services.reviews.contract import (
    REVIEWS_A_PAGE,
    Histogram,
    NewReview,
    NotABuyer,
    Order,
    Review,
    ReviewPublished,
    Reviews,
    Status,
)

LONGEST_TITLE, LONGEST_BODY, LONGEST_REPLY = 120, 5_000, 2_000
FORMER_CUSTOMER = gettext_noop("A former customer")
SHOUTED = 20  # letters, nearly all of them capitals


def _shouted(text: str) -> bool:
    characters = [character for character in text if character.isalpha()]
    return len(characters) >= SHOUTED and sum(map(str.isupper, characters)) > len(characters) * 0.9


ORDERS: dict[Order, Callable[[Review], tuple[float, ...]]] = {
    "helpful": lambda review: (-review.helpful, -review.created_at.timestamp()),
    "newest": lambda review: (-review.created_at.timestamp(),),
    "best": lambda review: (-review.rating, -review.helpful, -review.created_at.timestamp()),
    "worst": lambda review: (review.rating, -review.helpful, -review.created_at.timestamp()),
}
FLAGS: dict[str, Callable[[str], object]] = {
    "holds a link": re.compile(r"https?://|www\.", re.IGNORECASE).search,
    "holds an e-mail address": re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}\.\w").search,
    "holds a long number": re.compile(r"\d[\d ()/-]{8,20}\d").search,
    "repeats one character": re.compile(r"(.)\1{9}").search,
    "is shouted": _shouted,
}


class ReviewService(Reviews):
    """The operations of reviews."""

    def __init__(self, work: ServiceDatabase, documents: DocumentStore) -> None:
        self._work = work
        self._store = store.ReviewStore(documents)
        self._memo = Memo(work)

    async def write(
        self, product_id: str, review: NewReview, who: Caller, written_at: datetime | None = None
    ) -> Review:
        _check(review)
        if who.user_id is None:
            raise Unauthenticated(_("Sign in to review what you bought."))
        async with self._work.begin() as tx:
            if not await store.has_bought(tx, who.user_id, product_id):
                raise NotABuyer(_("Reviews are written by people who bought the product here."))
            old, version = await self._store.by(tx, product_id, who.user_id) or (None, 0)
            flags = flagged(review)
            if old is not None and old.status == "rejected":
                flags = (*flags, "was rejected before")
            made = Review(
                id=old.id if old else self._work.ids.new("rev"),
                product_id=product_id,
                user_id=who.user_id,
                author=who.name,
                rating=review.rating,
                title=review.title.strip(),
                body=review.body.strip(),
                status="pending" if flags else "published",
                helpful=old.helpful if old else 0,
                flags=flags,
                reply=old.reply if old else "",
                replied_at=old.replied_at if old else None,
                created_at=old.created_at if old else min(written_at or tx.now, tx.now),
            )
            await self._store.write(tx, made, version)
            await self._recount(tx, old, made)
        return made

    async def _recount(self, tx: Transaction, old: Review | None, new: Review) -> None:
        if old is not None and old.status == "published":
            await store.count_star(tx, old.product_id, old.rating, -1)
        if new.status == "published":
            await store.count_star(tx, new.product_id, new.rating, 1)
        if new.status == "published" or (old is not None and old.status == "published"):
            stars = await store.histogram(tx, new.product_id)
            await tx.emit(ReviewPublished(product_id=new.product_id, rating_sum=stars.sum, rating_count=stars.count))

    async def of_product(self, product_id: str, after: str = "", limit: int = 20) -> list[Review]:
        key = ("shown", product_id, after, limit)
        return await self._memo.get(key, lambda: self._store.shown_for(self._work, product_id, after, limit))

    async def review_page(
        self, product_id: str, order: Order = "helpful", stars: int = 0, page: int = 1
    ) -> list[Review]:
        start = (max(page, 1) - 1) * REVIEWS_A_PAGE
        every = await self._memo.get(("every", product_id), lambda: self._store.all_shown_for(self._work, product_id))
        wanted = [review for review in every if stars in {0, review.rating}]
        return sorted(wanted, key=ORDERS[order])[start : start + REVIEWS_A_PAGE]

    async def histogram(self, product_id: str) -> Histogram:
        return await self._memo.get(("stars", product_id), lambda: store.histogram(self._work, product_id))

    async def vote(self, review_id: str, who: Caller) -> Review:
        async with self._work.begin() as tx:
            found = await self._store.get(tx, review_id)
            if found is None or found[0].status != "published":
                raise Missing(_("There is no such review."))
            review, version = found
            if await store.add_vote(tx, review_id, who.user_id or ""):
                review = msgspec.structs.replace(review, helpful=review.helpful + 1)
                await self._store.write(tx, review, version)
        return review

    async def review_of(self, product_id: str, user_id: str) -> Review | None:
        found = await self._store.by(self._work, product_id, user_id)
        return found[0] if found else None

    async def by_user(self, user_id: str) -> list[Review]:
        bought = await store.purchases(self._work, user_id)
        found = [await self._store.by(self._work, product_id, user_id) for product_id in bought]
        return [one[0] for one in found if one is not None]

    async def reply(self, review_id: str, text: str) -> Review:
        if len(text) > LONGEST_REPLY:
            raise Invalid.at(
                "/reply", _("A reply has at most {longest_reply} characters.", longest_reply=LONGEST_REPLY)
            )
        async with self._work.begin() as tx:
            found = await self._store.get(tx, review_id)
            if found is None:
                raise Missing(_("There is no such review."))
            reply_text = text.strip()
            new = msgspec.structs.replace(found[0], reply=reply_text, replied_at=tx.now if reply_text else None)
            await self._store.write(tx, new, found[1])
        return new

    async def moderate(self, review_id: str, status: Status) -> Review:
        async with self._work.begin() as tx:
            found = await self._store.get(tx, review_id)
            if found is None:
                raise Missing(_("There is no such review."))
            old, version = found
            new = msgspec.structs.replace(old, status=status)
            if new != old:
                await self._store.write(tx, new, version)
                await self._recount(tx, old, new)
        return new

    async def queue(self, status: Status = "pending", after: str = "", limit: int = 50) -> list[Review]:
        return await self._store.with_status(self._work, status, after, limit)

    async def on_paid(self, delivery: Delivery) -> None:
        """Handle OrderPaid: allow the buyer to review."""
        if delivery.event.customer_id is None:
            return
        async with self._work.begin(dedup_key=delivery.key) as tx:
            for line in delivery.event.lines:
                await store.add_purchase(tx, delivery.event.customer_id, line.product_id)

    async def on_erased(self, delivery: Delivery) -> None:
        """Handle UserErased: anonymise their reviews."""
        user_id = delivery.event.user_id
        async with self._work.begin(dedup_key=delivery.key) as tx:
            for product_id in await store.purchases(tx, user_id):
                if found := await self._store.by(tx, product_id, user_id):
                    review, version = found
                    anonymous = f"{ERASED}/{review.id}"
                    await self._store.write(
                        tx,
                        msgspec.structs.replace(redacted(review), user_id=anonymous, author=_(FORMER_CUSTOMER)),
                        version,
                    )
            await store.forget(tx, user_id)


def flagged(review: NewReview) -> tuple[str, ...]:
    """Why the review needs moderation before it is published."""
    text = f"{review.title} {review.body}"
    return tuple(reason for reason, sees in FLAGS.items() if sees(text))


def _check(review: NewReview) -> None:
    problems = []
    if not 1 <= review.rating <= 5:  # noqa: PLR2004 -- the five stars
        problems.append(Problem("/rating", "invalid", _("A rating is 1 to 5 stars.")))
    if not 1 <= len(review.title.strip()) <= LONGEST_TITLE:
        problems.append(
            Problem("/title", "invalid", _("A title has 1 to {longest_title} characters.", longest_title=LONGEST_TITLE))
        )
    if len(review.body) > LONGEST_BODY:
        problems.append(
            Problem(
                "/body", "too_long", _("A review has at most {longest_body} characters.", longest_body=LONGEST_BODY)
            )
        )
    if problems:
        raise Invalid(" ".join(problem.detail for problem in problems), problems=tuple(problems))
