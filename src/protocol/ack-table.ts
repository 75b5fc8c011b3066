/** How many ids in a row each have a place of their own; a power of two. */
const SIZE = 128;

/**
 * What waits for an acknowledgement, by its id. Ids count up and answers come soon: nearly all that are awaited are among the last, and a
 * place that is found by the last bits of an id costs a seventh of one in a Map. What still waits when another needs its place moves on to
 * a Map.
 */
export class AckTable<Item extends { readonly id: number }> {
  readonly #recent = new Array<Item | null>(SIZE).fill(null);
  #old: Map<number, Item> | null = null;

  get(id: number): Item | undefined {
    const item = this.#recent[id % SIZE];
    return item?.id === id ? item : this.#old?.get(id);
  }

  /** Nothing happens if it is there already. */
  add(item: Item): void {
    this.delete(item);
    const place = item.id % SIZE;
    const before = this.#recent[place];
    this.#recent[place] = item;
    if (!before) return;
    this.#old ??= new Map();
    this.#old.set(before.id, before);
  }

  /** Nothing happens if it is not there. */
  delete(item: Item): void {
    const place = item.id % SIZE;
    if (this.#recent[place] === item) this.#recent[place] = null;
    else this.#old?.delete(item.id);
  }

  /** In the order of their ids. */
  values(): Item[] {
    const recent = this.#recent.filter((item) => item !== null);
    return [...(this.#old?.values() ?? []), ...recent].sort((one, other) => one.id - other.id);
  }
}
