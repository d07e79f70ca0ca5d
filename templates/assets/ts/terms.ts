/** How long a pointer rests on a term, and how long it may be away from both, in milliseconds. */
const REST = 250;
const AWAY = 200;

/**
 * Shows what a term means while a pointer or the focus is on it. It stays while the pointer is on either, and goes on
 * Escape (WCAG 2.2, 1.4.13). A finger's first tap shows it too, until something else is touched, and the second one follows
 * the link. Without script a term is a link to the glossary.
 */
export function startTerms(): void {
  const terms = document.querySelectorAll<HTMLAnchorElement>("a.term[data-means]");
  if (terms.length === 0) return;
  const box = document.createElement("div");
  box.className = "term-means";
  box.id = "term-means";
  box.popover = "manual";
  box.setAttribute("role", "tooltip");
  (document.querySelector("main") ?? document.body).append(box);
  let shown: HTMLAnchorElement | undefined;
  let isTouched = false;
  let timer = 0;

  const hide = (): void => {
    clearTimeout(timer);
    shown?.removeAttribute("aria-describedby");
    shown = undefined;
    if (box.matches(":popover-open")) box.hidePopover();
  };
  const show = (term: HTMLAnchorElement): void => {
    if (shown === term) return clearTimeout(timer);
    hide();
    shown = term;
    box.textContent = term.dataset["means"] ?? "";
    if (isTouched) box.append(hint());
    term.setAttribute("aria-describedby", box.id);
    box.showPopover();
    place(box, term);
  };
  const later = (what: () => void, wait: number) => (): void => {
    clearTimeout(timer);
    timer = setTimeout(what, wait);
  };

  for (const term of terms) {
    term.addEventListener("pointerenter", (event) => {
      isTouched = event.pointerType === "touch";
      if (!isTouched) later(() => show(term), REST)();
    });
    term.addEventListener("pointerleave", (event) => {
      // A finger that is lifted leaves too.
      if (event.pointerType !== "touch") later(hide, AWAY)();
    });
    term.addEventListener("click", (event) => {
      if (!isTouched || shown === term) return;
      event.preventDefault();
      show(term);
    });
    term.addEventListener("focus", () => {
      if (term.matches(":focus-visible")) show(term);
    });
    term.addEventListener("blur", hide);
  }
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", later(hide, AWAY));
  addEventListener("pointerdown", (event) => {
    const isOnIt = event.target instanceof Node && (shown?.contains(event.target) || box.contains(event.target));
    if (event.pointerType === "touch" && !isOnIt) hide();
  });
  addEventListener("scroll", hide, { passive: true });
  addEventListener("resize", hide);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
}

function hint(): HTMLElement {
  const line = document.createElement("span");
  line.className = "term-hint";
  line.textContent = "Tap it again for the glossary.";
  return line;
}

/** Puts the box below the term, or above it where there is no room. */
function place(box: HTMLElement, term: HTMLElement): void {
  const at = term.getClientRects()[0] ?? term.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const edge = 16;
  const left = Math.max(edge, Math.min(at.left, document.documentElement.clientWidth - width - edge));
  const below = at.bottom + 6;
  box.style.left = `${left}px`;
  box.style.top = `${below + height > innerHeight ? at.top - height - 6 : below}px`;
}
