Object.assign(globalThis, {
  recipe: {
    position(id: string) {
      const at = Object.keys(players).indexOf(id);
      const ship = document.querySelectorAll<HTMLElement>(".ship")[at];
      return ship && /translate\(([-\d.]+)px, ([-\d.]+)px\)/.exec(ship.style.transform)?.slice(1, 3).map(Number);
    },
    change_scene: () => document.querySelector("button")?.click(),
  },
});
