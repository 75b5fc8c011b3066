/*
 * What is checked: the recipes of the guides, and projects that use the plugins.
 */

/** Where things are in a game in three dimensions, and in one that counts pixels. */
const SPACE = { x: 0, y: 0, radius: 2 };
const PLANE = { x: 200, y: 200, radius: 100 };

/** A recipe: the code is in the guide, and in `recipes/` what asks the page about itself. */
const recipe = (name, packages, world, more = {}) => ({
  name,
  page: `docs/guide-${name}.md`,
  main: "main.ts",
  packages: Object.fromEntries(packages.map((one) => [one, one])),
  world,
  ...more,
});

/** A project of `projects/`: a game with a plugin. The examples of that plugin's guide are compiled in it. */
const project = (name, template, packages) => ({
  name,
  page: `docs/guide-${template}.md`,
  template,
  main: "main.ts",
  packages,
  world: PLANE,
});

/**
 * name: of the target; page: the guide; template: the folder, of a project; main: the file that the page loads;
 * packages: what the project has installed, and by which name it is in test/consumers/package.json; world: where the bot goes
 * round; mode: of Vite, "production" by default
 */
export const targets = [
  recipe("threejs", ["three", "@types/three"], SPACE),
  recipe("babylon", ["@babylonjs/core"], SPACE),
  recipe("playcanvas", ["playcanvas"], SPACE),
  recipe("excalibur", ["excalibur"], PLANE),
  recipe("kaplay", ["kaplay"], PLANE),
  // In development: only there StrictMode mounts twice.
  recipe("react", ["react", "react-dom", "@types/react", "@types/react-dom"], PLANE, {
    main: "main.tsx",
    mode: "development",
  }),
  project("phaser3", "phaser", { phaser: "phaser" }),
  project("phaser4", "phaser", { phaser: "phaser4" }),
  project("pixi", "pixi", { "pixi.js": "pixi.js" }),
];
