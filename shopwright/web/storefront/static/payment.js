// The provider's script shows the bank's window; the shop asks the provider itself for the outcome.
const box = document.querySelector("[data-confirm]");
const back = () => location.replace(box.dataset.return);
const failed = () => { box.querySelector(".alert").hidden = false; };
if (typeof Stripe === "undefined") failed();
else Stripe(box.dataset.key).confirmCardPayment(box.dataset.secret).then(back, failed);
