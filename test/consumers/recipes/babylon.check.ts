Object.assign(globalThis, {
  recipe: {
    position: (id: string) => arena.ships.get(id)?.mesh.position.asArray(),
    change_scene() {
      arena.scene.dispose();
      arena = openArena(engine);
    },
  },
});
