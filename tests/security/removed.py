"""Shops without one of their protections each, and the test that finds it out. A guard that was never seen to fail is no guard.

`tests/security/test_removed.py` takes each protection away in a copy of the code and runs the test: it must fail.
docs/security.md may call a requirement met only by a test that stands here.
"""

from typing import NamedTuple


class Removed(NamedTuple):
    """In `file` (below shopwright/) `code` stands once; `instead` is the same without the protection. `test`: a pytest id."""

    protection: str
    file: str
    code: str
    instead: str
    test: str


JUICE = "tests/security/test_juice_shop.py::test_attack"

REMOVED = (
    # --- who may do what
    Removed(
        "a route applies its rule",
        "kit/web/access.py",
        "                rule(caller)\n",
        "                pass\n",
        f"{JUICE}[what_is_for_staff_is_not_for_eve]",
    ),
    Removed(
        "a route that states no rule keeps the shop from starting",
        "kit/web/access.py",
        '"access" not in handler.opt and',
        "False and",
        "tests/api/test_access.py::test_a_route_without_a_rule_does_not_start",
    ),
    Removed(
        "a permission is of the caller's role",
        "kit/auth.py",
        "        return permission in ROLES.get(self.role, frozenset())",
        "        return bool(self.role)",
        "tests/api/test_access.py::test_each_route_lets_in_whom_its_rule_names",
    ),
    Removed(
        "an order is for its customer and for staff",
        "services/orders/http.py",
        '        if caller.may("orders.read") or order.customer_id == caller.user_id:',
        "        if order.customer_id is not None:",
        f"{JUICE}[what_is_adas_is_not_there_for_eve]",
    ),
    Removed(
        "fields that are not asked for are refused",
        "services/users/http.py",
        "class NewUser(msgspec.Struct, forbid_unknown_fields=True):",
        "class NewUser(msgspec.Struct):",
        f"{JUICE}[nobody_makes_themselves_staff]",
    ),
    # --- signing in
    Removed(
        "a password is verified",
        "services/users/passwords.py",
        "return self._hasher.verify(real or self._nobody, password)",
        "return True",
        f"{JUICE}[nobody_signs_in_without_the_password]",
    ),
    Removed(
        "a session ends",
        "services/users/store.py",
        '        f"{WITH_USER} WHERE s.secret_hash = :hash AND s.expires_at > :now", hash=digest(secret), now=now',
        '        f"{WITH_USER} WHERE s.secret_hash = :hash AND :now > 0", hash=digest(secret), now=now',
        "tests/services/test_guard.py::test_a_session_ends_however_often_it_is_used",
    ),
    Removed(
        "a session nobody uses ends",
        "services/users/service.py",
        "            if not self._is_idle(row):\n                await store.see_session",
        "            if row:\n                await store.see_session",
        "tests/services/test_guard.py::test_a_session_nobody_uses_ends_and_one_that_is_used_does_not",
    ),
    Removed(
        "a refresh token that comes twice ends its session",
        "services/users/service.py",
        "                await store.close_session(tx, found[0])\n",
        "",
        "tests/services/test_others.py::test_a_refresh_token_works_once_and_its_reuse_ends_the_session",
    ),
    Removed(
        "an access token of an ended session is refused",
        "services/users/service.py",
        '            raise Unauthenticated("This session has ended. Sign in again.")',
        "            return caller",
        "tests/services/test_users.py",
    ),
    Removed(
        "an access token ends",
        "services/users/tokens.py",
        "                now=int(now.timestamp()),\n                iss=",
        '                now=claims["iat"],\n                iss=',
        "tests/services/test_others.py::test_access_tokens_end_and_cannot_be_forged",
    ),
    Removed(
        "an access token is signed by us",
        "services/users/tokens.py",
        "            claims = jwt.decode(token, self._set, algorithms=ALGORITHMS).claims",
        '            claims = __import__("json").loads(__import__("base64").urlsafe_b64decode(token.split(".")[1] + "=="))',
        f"{JUICE}[a_token_is_signed_by_us_or_nothing]",
    ),
    Removed(
        "a common password is refused",
        "services/users/model.py",
        "    if plain in common_passwords() or len(set(plain)) == 1:",
        "    if len(set(plain)) == 1:",
        "tests/services/test_users.py::test_a_password_that_is_tried_first_is_refused",
    ),
    Removed(
        "a code of an authenticator works once",
        "services/users/second_factor.py",
        "                return await factor_store.use_step(tx, user_id, step)",
        "                return True",
        "tests/services/test_guard.py::test_a_code_of_now_or_of_the_step_beside_it_is_right_once",
    ),
    Removed(
        "a code on paper works once",
        "services/users/factor_store.py",
        'return bool(await tx.run("DELETE FROM recovery_codes WHERE hash = :hash", hash=digest(f"{user_id}/{code}")))',
        'return bool(await tx.fetch("SELECT 1 FROM recovery_codes WHERE hash = :hash", hash=digest(f"{user_id}/{code}")))',
        "tests/services/test_guard.py::test_a_code_on_paper_works_once_in_place_of_the_authenticator",
    ),
    Removed(
        "a token of an e-mail is for one purpose",
        "services/users/mail_store.py",
        " WHERE t.hash = :hash AND t.purpose = :purpose AND t.expires_at > :now",
        " WHERE t.hash = :hash AND :purpose <> '' AND t.expires_at > :now",
        "tests/services/test_users.py::test_a_token_for_one_thing_is_good_for_no_other",
    ),
    Removed(
        "an invitation ends",
        "services/users/mail_store.py",
        " WHERE t.hash = :hash AND t.purpose = :purpose AND t.expires_at > :now",
        " WHERE t.hash = :hash AND t.purpose = :purpose AND :now > 0",
        "tests/services/test_staff.py::test_an_invitation_is_good_for_three_days_and_can_be_sent_again",
    ),
    Removed(
        "what a stranger set on an address is dropped with the invitation",
        "services/users/staff.py",
        "        if not known.verified:",
        "        if False:",
        "tests/services/test_staff.py::test_an_account_a_stranger_made_on_the_address_gives_them_no_role",
    ),
    Removed(
        "a changed role ends the sessions",
        "services/users/staff.py",
        "            await store.close_sessions(tx, user_id)\n",
        "",
        "tests/services/test_staff.py::test_a_change_ends_sessions_and_tokens_at_once_and_is_told",
    ),
    Removed(
        "who is disabled does not sign in",
        "services/users/service.py",
        "        if user is None or user.disabled:",
        "        if user is None:",
        "tests/services/test_staff.py::test_who_is_disabled_signs_in_again_when_enabled_and_not_before",
    ),
    Removed(
        "a shop has an owner",
        "services/users/staff.py",
        "        if not await store.has_owner(tx, but=known.id):",
        "        if False:",
        "tests/services/test_staff.py::test_the_last_owner_who_can_sign_in_stays",
    ),
    Removed(
        "who changes staff shows to be an owner",
        "services/users/http.py",
        '    await proved(users, caller, data.own_password, data.code, "/own_password")\n    return await users.change_staff(',
        "    return await users.change_staff(",
        "tests/services/test_staff.py::test_nothing_changes_without_the_owners_own_password_or_with_a_role_there_is_not",
    ),
    Removed(
        "outside a demo shop staff have a second factor",
        "services/users/service.py",
        'return self._staff_factor == "required" or (',
        'return self._staff_factor == "required" and (',
        "tests/services/test_staff.py::test_outside_a_demo_shop_staff_need_a_second_factor_unless_a_setting_says_otherwise",
    ),
    # --- pages and answers
    Removed(
        "policy and headers are on every answer",
        "kit/web/observe.py",
        "                extra = [(name, value) for name, value in self._headers if name not in present]",
        "                extra = []",
        "tests/api/test_journey.py::test_every_answer_carries_a_request_id_and_safe_headers",
    ),
    Removed(
        "where shoppers come by TLS, they come by TLS alone",
        "kit/web/observe.py",
        "        self._headers = [*SECURITY, TLS_ONLY] if tls else SECURITY",
        "        self._headers = SECURITY",
        "tests/api/test_access.py::test_where_shoppers_come_by_tls_they_come_by_tls_alone",
    ),
    Removed(
        "rich text is cleaned",
        "kit/text.py",
        "    return nh3.clean(\n        html,",
        "    return html or nh3.clean(\n        html,",
        "tests/kit/test_small.py::test_html_that_could_run_is_taken_out",
    ),
    Removed(
        "what went wrong inside is told to the log alone",
        "kit/web/problems.py",
        '    detail = f"Something went wrong on our side. It has been written down under {request_id}."',
        '    detail = f"{error!r} in {__file__}"',
        "tests/api/test_access.py::test_what_went_wrong_inside_is_told_to_the_log_alone",
    ),
    # --- files of strangers
    Removed(
        "few picture formats are read",
        "services/catalog/media.py",
        "        with Image.open(io.BytesIO(data), formats=READ) as image:",
        "        with Image.open(io.BytesIO(data)) as image:",
        "tests/services/test_pictures.py::test_no_other_decoder_is_asked",
    ),
    Removed(
        "a picture has an end",
        "services/catalog/media.py",
        "            if width * height > MOST_PIXELS:",
        "            if width * height > MOST_PIXELS**2:",
        "tests/services/test_pictures.py::test_a_picture_of_more_pixels_than_one_looks_at_is_refused",
    ),
    Removed(
        "a drawing points to nothing but itself",
        "services/catalog/drawing.py",
        'if given.rpartition(":")[2].lower() in {"href", "src"} and not WITHIN.fullmatch(value):',
        'if given == "href" and not WITHIN.fullmatch(value):',
        "tests/services/test_pictures.py::test_a_drawing_points_to_nothing_but_itself",
    ),
    Removed(
        "a drawing declares no entities",
        "services/catalog/drawing.py",
        "        parser.StartDoctypeDeclHandler = reader.doctype\n".removeprefix("    "),
        "",
        "tests/services/test_pictures.py::test_a_drawing_declares_nothing_and_has_an_end",
    ),
    Removed(
        "a drawing is drawn within limits",
        "services/catalog/drawing.py",
        "timeout=PATIENCE_S, check=True",
        "timeout=90, check=False",
        "tests/services/test_pictures.py::test_a_drawing_that_would_take_all_of_a_processor_or_of_the_memory_is_ended",
    ),
    Removed(
        "an import looks into no network of ours",
        "importers/pictures.py",
        "            if address is None:\n                return None\n",
        "            address = address or host\n",
        "tests/imports/test_fetching.py::test_nothing_in_our_network_is_asked_however_its_address_is_written",
    ),
    Removed(
        "addresses in disguise are known",
        "kit/outgoing.py",
        "        if inner is not None:\n            return is_public(inner)\n",
        "",
        "tests/imports/test_fetching.py::test_an_address_of_ours_is_known_in_each_form",
    ),
    Removed(
        "what is connected to is the address that was looked at",
        "importers/pictures.py",
        "            there = httpx.URL(url).copy_with(host=address, username=None, password=None)",
        "            there = httpx.URL(url).copy_with(username=None, password=None)",
        "tests/imports/test_fetching.py::test_what_is_connected_to_is_the_address_that_was_looked_at",
    ),
    Removed(
        "an archive has an end as a whole",
        "importers/reading.py",
        "            left -= len(data)\n",
        "",
        "tests/imports/test_fetching.py::test_an_archive_has_an_end_as_a_whole",
    ),
    # --- searching
    Removed(
        "a search is narrowed down by a handful of facets",
        "services/search/service.py",
        "        if len(request.chosen) > MOST_FACETS or sum(map(len, request.chosen.values())) > MOST_CHOICES:",
        "        if len(request.chosen) > 10_000:",
        "tests/services/test_others.py::test_a_search_is_narrowed_down_by_a_handful_of_facets_and_no_more",
    ),
    # --- the audit log
    Removed(
        "what staff do is recorded",
        "kit/web/audit.py",
        '    return bool(opt.get("audited")) or (isinstance(opt["access"], StaffOnly) and method not in SAFE)',
        '    return bool(opt.get("audited"))',
        "tests/services/test_audit.py::test_an_act_is_recorded_with_who_from_where_and_what_it_was_before_and_after",
    ),
    Removed(
        "secrets do not come into the audit log",
        "kit/web/audit.py",
        "MASK if _is_secret(str(name).lower(), proving=proving) else _cut(value)",
        "_cut(value)",
        "tests/services/test_audit.py::test_secrets_are_masked_wherever_they_stand_and_codes_of_coupons_are_not",
    ),
    Removed(
        "an entry of the audit log that is changed is found",
        "services/users/audit.py",
        '                elif not hmac.compare_digest(row["mac"], self._code(code, row)):',
        "                elif False:",
        "tests/services/test_audit.py::test_an_entry_that_is_changed_or_taken_out_is_found",
    ),
    Removed(
        "an entry of the audit log that is taken out is found",
        "services/users/audit.py",
        '                if row["seq"] != seq + 1:',
        "                if False:",
        "tests/services/test_audit.py::test_an_entry_that_is_changed_or_taken_out_is_found",
    ),
    # --- money and stock
    Removed(
        "a provider's message is signed",
        "engines/providers/pretend/provider.py",
        "        if not self._secret or not hmac.compare_digest(mark.encode(), right.encode()):",
        "        if False:",
        "tests/services/test_orders.py::test_a_forged_or_stale_webhook_is_denied",
    ),
    # --- what comes in, and what lies on disk
    Removed(
        "a path has one spelling",
        "kit/web/canonical.py",
        '    if path != raw and method not in {"GET", "HEAD"}:',
        "    if False:",
        "tests/api/test_canonical.py::test_no_spelling_lets_another_site_make_an_owner",
    ),
    Removed(
        "a body has an end",
        "kit/web/bodies.py",
        "        if length.isdigit() and int(length) > largest:\n            raise _too_large(largest)\n",
        "        largest = 10**12\n",
        "tests/api/test_bodies.py::test_a_body_is_as_large_as_its_kind_and_chunks_change_nothing",
    ),
    Removed(
        "a route takes its own kind of body",
        "kit/web/bodies.py",
        "        if kind.types and media and media not in kind.types:",
        "        if False:",
        "tests/api/test_bodies.py::test_what_a_route_does_not_take_is_415",
    ),
    Removed(
        "a body keeps its pace",
        "kit/web/bodies.py",
        "        allowed_s = min(pace.grace_s + len(body) / pace.bytes_s, pace.longest_s)",
        "        allowed_s = 30.0",
        "tests/api/test_bodies.py::test_a_body_keeps_its_pace_or_is_given_up",
    ),
    Removed(
        "unfinished bodies of one address are few",
        "kit/web/bodies.py",
        "        if self._from[client] >= self._most:",
        "        if False:",
        "tests/api/test_bodies.py::test_unfinished_bodies_of_one_address_shut_nobody_out",
    ),
    Removed(
        "texts are within the bounds of their type",
        "kit/web/strict.py",
        "        refuse_faults(faults(value, wanted))\n",
        "",
        "tests/api/test_bodies.py::test_texts_have_an_end_and_no_control_characters_in_bodies_and_forms",
    ),
    Removed(
        "fields of forms are within bounds",
        "kit/web/strict.py",
        "        refuse_faults(named_faults(form.multi_items()))\n",
        "",
        "tests/api/test_bodies.py::test_texts_have_an_end_and_no_control_characters_in_bodies_and_forms",
    ),
    Removed(
        "tries are counted before they are looked at",
        "services/users/guesses.py",
        "                await self._count(tx, key, pace)\n",
        "                await guess_store.count(tx, key, 0)\n",
        "tests/security/test_guesses.py::test_of_sixty_guesses_at_once_a_handful_is_looked_at",
    ),
    Removed(
        "one's own sign-in frees no guesses at others",
        "services/users/guesses.py",
        "                await guess_store.take_back(tx, key, everything=tried.known)",
        "                await guess_store.take_back(tx, key, everything=True)",
        "tests/security/test_guesses.py::test_nor_at_many_others_from_the_same_address",
    ),
    Removed(
        "browsers come back to origins that are allowed",
        "services/payments/service.py",
        "        if return_url and not self._returns.allow(return_url):",
        "        if False:",
        "tests/api/test_payments.py::test_a_browser_comes_back_to_this_shop_and_nowhere_else",
    ),
    Removed(
        "an origin is read as browsers read it",
        "kit/origins.py",
        "    if not PLAIN.fullmatch(url):\n        raise wrong\n",
        "",
        "tests/api/test_payments.py::test_an_address_is_read_as_browsers_read_it",
    ),
    Removed(
        "unpaid orders hold so much and no more",
        "services/orders/holds.py",
        "        if passed := model.beyond(self._bounds, kind, whole, there):",
        "        if passed := None:",
        "tests/api/test_payments.py::test_unpaid_orders_of_one_address_do_not_empty_the_shelves",
    ),
    Removed(
        "cards cannot be tried one after the other",
        "services/payments/attempts.py",
        "        if wait > 0:\n            again_s",
        "        if wait < 0:\n            again_s",
        "tests/api/test_payments.py::test_cards_cannot_be_tried_one_after_the_other_on_an_order",
    ),
    Removed(
        "what is on disk is for nobody else",
        "kit/private.py",
        "FILE, FOLDER, UMASK = 0o600, 0o700, 0o077",
        "FILE, FOLDER, UMASK = 0o644, 0o755, 0",
        "tests/process/test_private.py::test_nothing_on_disk_is_open_to_others_whatever_the_umask",
    ),
    Removed(
        "keys are encrypted where they lie",
        "kit/vault.py",
        "        return CLOSED + self._box.encrypt(text.encode()).decode()",
        "        return text",
        "tests/process/test_private.py::test_whoever_takes_the_database_has_no_key_of_it",
    ),
    Removed(
        "a made-up password is shown at a terminal alone",
        "commands/owner.py",
        "    if stream.isatty():",
        "    if stream:",
        "tests/process/test_password.py::test_a_made_up_password_is_shown_at_a_terminal_alone",
    ),
    Removed(
        "no line of a log holds what opens a cart",
        "kit/logs.py",
        "        return without_secrets(super().format(record))",
        "        return super().format(record)",
        "tests/api/test_log_lines.py::test_no_line_holds_the_id_of_a_cart_nor_any_other_token",
    ),
    Removed(
        "of a route's parameters the access log shows the harmless ones",
        "kit/web/access_log.py",
        "not in OPEN else",
        "in () else",
        "tests/api/test_log_lines.py::test_no_line_holds_the_id_of_a_cart_nor_any_other_token",
    ),
    Removed(
        "of a query the access log shows the names alone",
        "kit/web/access_log.py",
        "shown = (name if NAME.fullmatch(name) and not TOKEN.search(name) else HIDDEN for name in names)",
        "shown = query.decode().split()",
        "tests/api/test_log_lines.py::test_a_request_is_one_line_with_a_shortened_address",
    ),
    Removed(
        "the access log shortens addresses",
        "kit/web/access_log.py",
        'if how == "full":',
        "if how:",
        "tests/api/test_log_lines.py::test_a_request_is_one_line_with_a_shortened_address",
    ),
    Removed(
        "each address may do so much of a kind",
        "kit/web/limits.py",
        "            raise too_many(",
        "            _ = too_many(",
        "tests/api/test_limits.py::test_reads_are_limited_on_pages_too",
    ),
)
