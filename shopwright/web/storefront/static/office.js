// Keys of the back office: / search, j and k move, Enter opens, g then o (orders), p (products), m (messages).
"use strict";
const rows = [...document.querySelectorAll("[data-row]")];
let at = -1;
let going = false;
document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const places = { o: "/office/orders", p: "/office/products", m: "/office/messages", h: "/office" };
  if (going && places[event.key]) { location.href = places[event.key]; return; }
  going = event.key === "g";
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) { search.focus(); event.preventDefault(); }
  }
  if ((event.key === "j" || event.key === "k") && rows.length) {
    if (at >= 0) rows[at].classList.remove("at");
    at = Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1);
    rows[at].classList.add("at");
    rows[at].querySelector("a").focus();
  }
});
document.querySelectorAll("[data-submit]").forEach((one) => one.addEventListener("change", () => one.form.requestSubmit()));
document.querySelectorAll("[data-dirty]").forEach((form) => {
  let dirty = false;
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
});
