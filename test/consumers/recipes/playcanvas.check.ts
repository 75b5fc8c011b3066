Object.assign(globalThis, {
  recipe: {
    position(id: string) {
      const position = level.script?.get(Arena)?.ships.get(id)?.entity.getLocalPosition();
      return position && [position.x, position.y];
    },
    change_scene() {
      level.destroy();
      level = openArena();
    },
  },
});
