// Shows what a browser could not do with a passkey beside the button, not in the console.
(() => {
  const REASONS = {
    NotAllowedError: "It was cancelled, took too long, or this key is not known here.",
    InvalidStateError: "This key is added already.",
    SecurityError: "Passkeys need https, or localhost in place of an address of numbers.",
  };
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const place = document.getElementById("passkey_error");
    const { exception } = event.detail;
    place.textContent = REASONS[exception?.name] ?? "That did not work with this browser or key.";
    place.hidden = false;
  });
})();
