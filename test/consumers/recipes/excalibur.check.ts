Object.assign(globalThis, {
  recipe: {
    position(id: string) {
      const arena = game.currentScene;
      const position = arena instanceof Arena ? arena.ships.get(id)?.actor.pos : undefined;
      return position && [position.x, position.y];
    },
    async change_scene() {
      await game.goToScene("menu");
      await game.goToScene("arena");
    },
  },
});
