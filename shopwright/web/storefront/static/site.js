// The storefront works without this file; with it, it is quicker. No library, no state but the page's own.
"use strict";
document.documentElement.classList.add("js");
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const FRAGMENT = { "X-Requested-With": "fragment" };

// Cart: forms answer with the drawer.
const drawer = $(".drawer");
let opener = null;
function closeDrawer() {
  drawer.hidden = true;
  drawer.replaceChildren();
  document.body.style.overflow = "";
  if (opener && opener.isConnected) opener.focus();
}
async function sendToCart(form, submitter) {
  const data = new URLSearchParams(new FormData(form, submitter));
  const answer = await fetch(form.action, { method: "POST", body: data, headers: FRAGMENT });
  if (!answer.ok) { form.submit(); return; }
  if (!drawer.contains(form)) opener = submitter;
  drawer.innerHTML = await answer.text();
  drawer.hidden = false;
  document.body.style.overflow = "hidden";
  const sheet = $(".sheet-right", drawer);
  sheet.focus();
  const count = $("[data-cart-count]");
  count.textContent = sheet.dataset.count;
  count.hidden = sheet.dataset.count === "0";
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-cart]") && !form.closest("main .two")) {
    event.preventDefault();
    sendToCart(form, event.submitter).catch(() => form.submit());
  } else if (form.matches("[data-once]")) {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    const button = $("button", form);
    button.textContent = document.body.dataset.wait;
  }
});
if (drawer) {
  drawer.addEventListener("click", (event) => {
    if (event.target === drawer || event.target.closest("[data-close]")) closeDrawer();
  });
  document.addEventListener("keydown", (event) => {
    if (drawer.hidden) return;
    if (event.key === "Escape") closeDrawer();
    if (event.key !== "Tab") return;
    const stops = $$("a[href], button, input:not([type=hidden])", drawer);
    const last = stops[stops.length - 1];
    if (event.shiftKey && document.activeElement === stops[0]) { last.focus(); event.preventDefault(); }
    else if (!event.shiftKey && document.activeElement === last) { stops[0].focus(); event.preventDefault(); }
  });
}
document.addEventListener("change", (event) => {
  const change = event.target.closest(".change");
  if (change && event.target.name === "quantity") change.requestSubmit($("button:not([name])", change));
});

// Pages cached by a CDN know no cart: its number of items comes from a cookie.
const items = document.cookie.match(/(?:^|; )items=(\d+)/);
const badge = $("[data-cart-count]");
if (items && badge && badge.hidden) {
  badge.textContent = items[1];
  badge.hidden = items[1] === "0";
}

// Suggestions while typing.
const field = $("[data-suggest]");
if (field) {
  const box = $(".suggestions");
  let asked = 0;
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked;
      const text = field.value.trim();
      if (text.length < 2) { box.hidden = true; return; }
      const answer = await fetch(`/search/suggestions?q=${encodeURIComponent(text)}`);
      if (mine !== asked || !answer.ok) return;
      box.innerHTML = await answer.text();
      box.hidden = !box.children.length;
    }, 120);
  });
  field.form.addEventListener("keydown", (event) => {
    const links = $$("a", box);
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") { box.hidden = true; field.focus(); }
    if (event.key === "ArrowDown" && links.length) { (links[at + 1] || links[0]).focus(); event.preventDefault(); }
    if (event.key === "ArrowUp" && at >= 0) { (links[at - 1] || field).focus(); event.preventDefault(); }
  });
  document.addEventListener("click", (event) => { if (!field.form.contains(event.target)) box.hidden = true; });
}

// Filters apply as they are chosen; addresses stay clean.
$$("form[data-auto]").forEach((form) => {
  const go = () => {
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) data.append(name, value);
    location.search = data.toString();
  };
  form.addEventListener("change", (event) => { if (!matchMedia("(max-width: 51.24em)").matches || event.target.name === "sort") go(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); go(); });
});

// Load more: the next page's cards join this page; its address is real.
document.addEventListener("click", async (event) => {
  const more = event.target.closest("[data-more]");
  if (!more) return;
  event.preventDefault();
  const page = new DOMParser().parseFromString(await (await fetch(more.href)).text(), "text/html");
  const first = $("[data-grid] .card", page);
  $("[data-grid]").append(...$$("[data-grid] .card", page));
  history.replaceState(null, "", more.href);
  const next = $("[data-more]", page);
  if (next) more.href = next.getAttribute("href"); else more.remove();
  if (first) $("h3 a", first).focus({ preventScroll: true });
});

// Gallery: one image at a time, chosen by its thumbnail.
function live(gallery) {
  if (matchMedia("(max-width: 51.24em)").matches) return;
  const large = $$(".main-picture > *", gallery);
  const small = $$(".thumbs a", gallery);
  if (large.length < 2) return;
  const show = (n) => {
    large.forEach((one, i) => one.classList.toggle("shown", i === n));
    small.forEach((one, i) => one.classList.toggle("shown", i === n));
  };
  small.forEach((one, n) => one.addEventListener("click", (event) => { event.preventDefault(); show(n); }));
  show(0);
}
$$("[data-gallery]").forEach(live);

// Another variant: differing parts are replaced in place, without layout shifts, and the URL names it.
document.addEventListener("click", async (event) => {
  const value = event.target.closest(".option a[href]");
  if (!value || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const href = value.href.split("#")[0];
  const answer = await fetch(href).catch(() => null);
  if (!answer?.ok) { location.href = href; return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const quantity = $("#quantity")?.value;
  for (const part of [".buy", ".gallery"]) {
    if ($(part).innerHTML !== $(part, page).innerHTML) $(part).replaceChildren(...$(part, page).childNodes);
  }
  live($(".gallery"));
  if (quantity && $("#quantity")) $("#quantity").value = quantity;
  history.replaceState(null, "", href);
  $$(".option a").find((one) => one.href.split("#")[0] === href)?.focus({ preventScroll: true });
});

// Each country has its own address form.
$$("[data-country-form] select[name=country]").forEach((select) => {
  select.addEventListener("change", () => $("[data-country-button]").click());
});

// Shipping and total follow the choice at once.
$$("form[data-follow]").forEach((form) => {
  let asked = 0;
  form.addEventListener("change", async () => {
    const mine = ++asked;
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: FRAGMENT });
    const text = await answer.text();
    if (mine === asked && answer.ok && !answer.redirected) $("[data-summary]").innerHTML = text;
  });
});

// Errors are shown beside each field as it is left, and in a summary when the form is sent, like the pages
// of the shop without this script. Addresses are checked by the shop alone, so that the rules cannot differ.
const placeOf = (field) => field.closest(".field");
const idOf = (field) => placeOf(field).id || field.id;
function mark(field, text) {
  const place = placeOf(field);
  const line = $(".error", place) || document.createElement("p");
  const hint = $(".hint", place)?.id || "";
  line.className = "error";
  line.id = `e-${idOf(field)}`;
  line.textContent = text;
  if (text) place.append(line); else line.remove();
  for (const one of field.type === "radio" ? $$("input", place) : [field]) {
    if (text) one.setAttribute("aria-invalid", "true"); else one.removeAttribute("aria-invalid");
    const ids = [hint, text && line.id].filter(Boolean).join(" ");
    if (ids) one.setAttribute("aria-describedby", ids); else one.removeAttribute("aria-describedby");
  }
}
const fieldsOf = (form) => $$(".field input, .field select, .field textarea", form).filter((one, n, all) => one.name && all.findIndex((other) => other.name === one.name) === n);
async function wrongIn(form) {
  const empty = Object.fromEntries(fieldsOf(form).filter((one) => one.validity.valueMissing || (one.required && !one.value.trim())).map((one) => [one.name, one.dataset.needed]));
  if (!form.matches("[data-country-form]")) return empty;
  const answer = await fetch("/addresses/check", { method: "POST", body: new URLSearchParams(new FormData(form)) });
  return answer.ok ? answer.json() : {};
}
let released = Promise.resolve();
addEventListener("pointerdown", () => {
  // A message that comes while the mouse is down would move the button away from under it.
  released = new Promise((done) => ["pointerup", "pointercancel"].forEach((end) => addEventListener(end, () => setTimeout(done, 50), { once: true })));
}, true);
document.addEventListener("focusout", async (event) => {
  const field = event.target;
  if (!field.form?.noValidate || !field.name || !field.closest(".field")) return;
  await released;
  const wrong = await wrongIn(field.form);
  if (!field.form.dataset.sent && placeOf(field)?.contains(document.activeElement) === false) mark(field, wrong[field.name] || "");
});
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.noValidate || form.dataset.checked || event.submitter?.formNoValidate) return;
  event.preventDefault();
  if (form.dataset.asking) return;
  form.dataset.asking = "1";
  const wrong = await wrongIn(form).catch(() => ({}));
  await new Promise((later) => setTimeout(later)); // within its own event a form is not sent again
  delete form.dataset.asking;
  const fields = fieldsOf(form).filter((one) => wrong[one.name]);
  if (!fields.length) { form.dataset.checked = form.dataset.sent = "1"; form.requestSubmit(event.submitter); return; }
  fieldsOf(form).forEach((one) => mark(one, wrong[one.name] || ""));
  const before = form.previousElementSibling?.matches("[data-wrong]") ? form.previousElementSibling : null;
  const summary = before || document.createElement("div");
  Object.assign(summary, { className: "alert", tabIndex: -1 });
  summary.setAttribute("role", "alert");
  summary.dataset.wrong = "";
  const heading = document.createElement("strong");
  heading.textContent = document.body.dataset.correct;
  const list = document.createElement("ul");
  for (const field of fields) {
    const link = Object.assign(document.createElement("a"), { href: `#${idOf(field)}`, teytContent: wrong[field.name] });
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  summary.replaceChildren(heading, list);
  if (!before) form.before(summary);
  summary.focus();
});
addEventListener("pageshow", () => $$("form[data-checked]").forEach((form) => { delete form.dataset.checked; delete form.dataset.sent; }));

// The header hides when scrolling down and returns when scrolling up.
const header = $(".top:not(.quiet-top)");
if (header) {
  let before = 0;
  addEventListener("scroll", () => {
    const now = scrollY;
    header.classList.toggle("away", now > before && now > 240 && !header.contains(document.activeElement));
    before = now;
  }, { passive: true });
}

// This page may have come from a cache in front: the search is reported to the shop, without its visitor.
const searched = $("[data-searched]");
if (searched) fetch(`/searched?q=${encodeURIComponent(searched.dataset.searched)}`, { keepalive: true });

// Recently viewed products, or the request for consent. Nothing is sent before the visitor consents.
const recent = $("[data-recent]");
if (recent) {
  const product = recent.dataset.recent;
  const show = async () => {
    const answer = await fetch(`/recent?product=${product}`);
    if (!answer.ok) return;
    recent.innerHTML = await answer.text();
    recent.hidden = !recent.children.length;
    const slug = document.createElement("input");
    Object.assign(slug, { type: "hidden", name: "slug", value: location.pathname.split("/")[2] });
    $("form", recent)?.append(slug);
  };
  const agreed = document.cookie.split("; ").includes("remember=yes");
  const body = new URLSearchParams({ _csrf_token: $("#quick [name=_csrf_token]").value, product });
  if (agreed) fetch("/seen", { method: "POST", body }).then(show, show); else show();
}
