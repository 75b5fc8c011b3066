import type { Point } from "../../shared/arena-map.js";
import { element, make, setText } from "./elements.js";

/** The names over the ships. They are page text rather than part of the picture: sharp at any resolution of the canvas. */
export class NameTags {
  readonly #root = element("tags");
  readonly #tags = new Map<number, HTMLElement>();

  /** Puts a name at a place on the screen, in pixels of the page. */
  place(id: number, name: string, at: Point, own: boolean, faint: boolean): void {
    let tag = this.#tags.get(id);
    if (tag === undefined) {
      tag = make("div", name, "");
      this.#tags.set(id, tag);
      this.#root.append(tag);
    }
    setText(tag, name);
    // Ids are dealt anew when the server restarts: today's own ship may have been a stranger's.
    tag.className = own ? "own" : "";
    tag.style.opacity = faint ? "0.4" : "1";
    tag.style.transform = `translate(${at.x.toFixed(1)}px, ${at.y.toFixed(1)}px) translate(-50%, -50%)`;
  }

  /** Takes away the names that are not among `ids`. */
  keep(ids: ReadonlyMap<number, unknown>): void {
    for (const [id, tag] of this.#tags) {
      if (ids.has(id)) continue;
      tag.remove();
      this.#tags.delete(id);
    }
  }
}
