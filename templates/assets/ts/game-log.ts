/** Sends what is typed into the log of a game by Alt and the number of a button. */
export function startGameLog(): void {
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || !/^Digit[1-9]$/.test(event.code)) return;
    const button = document.querySelector<HTMLButtonElement>(`form button[data-key="${event.code.slice(5)}"]`);
    if (!button?.form) return;
    event.preventDefault();
    button.form.requestSubmit(button);
  });
}
