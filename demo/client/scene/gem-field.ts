import type Phaser from "phaser";
import type { SnapshotGem } from "../../shared/snapshot.js";

/** The gems that lie around. Images are kept by gem id and reused, so that nothing is created while flying. */
export class GemField {
  readonly #scene: Phaser.Scene;
  readonly #shown = new Map<number, Phaser.GameObjects.Image>();
  readonly #spare: Phaser.GameObjects.Image[] = [];

  constructor(scene: Phaser.Scene) {
    this.#scene = scene;
  }

  update(gems: readonly SnapshotGem[], time: number): void {
    const gone = new Set(this.#shown.keys());
    for (const gem of gems) {
      gone.delete(gem.id);
      const image = this.#shown.get(gem.id) ?? this.#show(gem);
      image.setPosition(gem.x, gem.y + Math.sin(time * 3 + gem.id) * 3);
      image.setScale(Math.min(1, image.scaleY + 0.06));
      // Turning about its axis, as seen from the side.
      image.scaleX *= 0.55 + 0.45 * Math.abs(Math.sin(time * 1.7 + gem.id));
      image.setAlpha(gem.lockTicks > 0 ? 0.6 : 1);
    }
    for (const id of gone) this.#hide(id);
  }

  #show(gem: SnapshotGem): Phaser.GameObjects.Image {
    const image = this.#spare.pop() ?? this.#scene.add.image(0, 0, "gem0").setDepth(10);
    image.setTexture(`gem${gem.kind}`).setVisible(true).setScale(0.1);
    this.#shown.set(gem.id, image);
    return image;
  }

  #hide(id: number): void {
    const image = this.#shown.get(id);
    if (image === undefined) return;
    image.setVisible(false);
    this.#shown.delete(id);
    this.#spare.push(image);
  }
}
