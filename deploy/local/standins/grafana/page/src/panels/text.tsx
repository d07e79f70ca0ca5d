// The text panel: Markdown or HTML, cleaned before it is shown, or plain code.
import DOMPurify from "dompurify";
import { marked } from "marked";
import { useLayoutEffect, useRef } from "preact/hooks";
import { interpolate, type Scope } from "../interpolate";

/** What may stand in a text panel; its headings continue below the panel's own. */
function clean(html: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, { RETURN_DOM_FRAGMENT: true, USE_PROFILES: { html: true }, FORBID_TAGS: ["style", "form", "input", "button", "select", "textarea"], FORBID_ATTR: ["style", "id", "name"] });
  const headings = [...fragment.querySelectorAll("h1,h2,h3,h4,h5,h6")];
  const depths = [...new Set(headings.map(({ tagName }) => tagName))].toSorted();
  for (const heading of headings) {
    const lower = document.createElement(`h${Math.min(6, 3 + depths.indexOf(heading.tagName))}`);
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
  for (const image of fragment.querySelectorAll("img")) {
    const source = image.getAttribute("src") ?? "";
    // Pictures of other hosts are not fetched: the page says where they are.
    if (!source.startsWith("data:image/")) image.replaceWith(`(picture: ${image.alt || source})`);
    else image.alt ||= "Picture";
  }
  return fragment;
}

export function Text({ title, options, scope }: { title: string; options: Record<string, unknown>; scope: Scope }) {
  const place = useRef<HTMLDivElement>(null);
  const mode = String(options["mode"] ?? "markdown");
  const content = interpolate(String(options["content"] ?? ""), scope, "text");
  useLayoutEffect(() => {
    if (mode === "code") place.current!.replaceChildren(Object.assign(document.createElement("pre"), { textContent: content }));
    else place.current!.replaceChildren(clean(mode === "html" ? content : (marked.parse(content, { async: false }) as string)));
  }, [mode, content]);
  return <div class="text-panel scroll" ref={place} tabIndex={0} role="group" aria-label={`Text ${title}`} />;
}
