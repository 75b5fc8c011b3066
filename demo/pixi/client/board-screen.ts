import { type Application, Container, Graphics, Sprite, type Ticker } from "pixi.js";
import type { LinkMeter } from "../../net/link-meter.js";
import { COLS, PHASE_PLAYING, ROWS, SPLASH_RADIUS } from "../constants.js";
import { BoardView } from "./board-view.js";
import { Controls } from "./controls.js";
import { DropView } from "./drop-view.js";
import type { Hud } from "./hud.js";
import { OwnDrop } from "./own-drop.js";
import { inkOf } from "./palette.js";
import type { InkSession } from "./session.js";
import { Sparks } from "./sparks.js";
import { CELL, type Textures } from "./textures.js";
import { Track } from "./track.js";

/** Pixels around the board for what is written there; the style sheet says how many, as it lays that out: `--edge-top` and so on. */
interface Edge {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** The board stands on its short side where that makes it larger by this. */
const UPRIGHT_GAIN = 1.05;
const STEERS_PER_SECOND = 30;
const LONGEST_FRAME = 0.1;
const TRAIL_SECONDS = 0.05;
const SHAKE_SECONDS = 0.35;

/** The game itself, from `enter()` to `leave()`. The client is polled before `#frame` and flushed behind it: see `main.ts`. */
export class BoardScreen {
  readonly session: InkSession;
  readonly own = new OwnDrop();
  /** Called when the server does not let the player in, with its reason. */
  onRefused: (reason: string) => void = () => {};
  framesRendered = 0;
  /** Seconds of the last absence that the plugin has told, and what was skipped in it. */
  lastAbsence: readonly [seconds: number, skipped: number] | null = null;
  readonly #app: Application;
  readonly #hud: Hud;
  readonly #meter: LinkMeter;
  readonly #textures: Textures;
  readonly #stage = new Container();
  readonly #plate: Graphics;
  readonly #board: BoardView;
  readonly #dropLayer = new Container();
  readonly #sparks: Sparks;
  readonly #aim: Sprite;
  readonly #drops = new Map<number, DropView>();
  readonly #track = new Track();
  #controls: Controls | null = null;
  #steerWait = 0;
  #trailWait = 0;
  #shake = 0;
  #round = 0;
  #isBack = false;
  /** On an upright screen x and y of the board change places. */
  #isUpright = false;
  #edge: Edge | null = null;
  #size = "";

  constructor(app: Application, session: InkSession, hud: Hud, meter: LinkMeter, textures: Textures) {
    this.#app = app;
    this.session = session;
    this.#hud = hud;
    this.#meter = meter;
    this.#textures = textures;
    this.#board = new BoardView(textures);
    this.#sparks = new Sparks(textures);
    this.#aim = new Sprite({ texture: textures.ring, anchor: 0.5, alpha: 0.16 });
    this.#aim.scale.set(SPLASH_RADIUS / 2);
    this.#plate = new Graphics()
      .roundRect(-10, -10, COLS * CELL + 20, ROWS * CELL + 20, 20)
      .fill(0x0b1130)
      .stroke({ width: 3, color: 0x3d4d8f });
    this.#stage.addChild(this.#plate, this.#board, this.#aim, this.#dropLayer, this.#sparks);
    this.#stage.visible = false;
    app.stage.addChild(this.#stage);
  }

  get isOpen(): boolean {
    return this.#controls !== null;
  }

  enter(name: string): void {
    if (this.isOpen) return;
    const { session } = this;
    this.#controls = new Controls(this.#app.canvas, () => session.splash());
    session.onSnapshot = (snapshot) => {
      this.#track.push(snapshot, performance.now() / 1000);
      this.own.correct(snapshot, session.slot);
    };
    session.onSplash = ({ ok }) => {
      if (ok) this.#shake = SHAKE_SECONDS;
    };
    this.#app.socketio.resumed.connect(this.#resumed);
    this.#app.ticker.add(this.#frame);
    this.#stage.visible = this.#hud.visible = true;
    this.#board.reset(null);
    session.join(location.origin, name);
  }

  leave(): void {
    if (!this.isOpen) return;
    const { ticker, socketio } = this.#app;
    this.session.leave();
    ticker.remove(this.#frame);
    socketio.resumed.disconnect(this.#resumed);
    this.#controls?.end();
    this.#controls = null;
    this.#sparks.clear();
    for (const slot of this.#drops.keys()) this.#removeDrop(slot);
    this.#track.reset();
    this.own.reset();
    this.#stage.visible = this.#hud.visible = false;
  }

  /** How many callbacks the ticker has, Pixi's own and the plugin's among them. */
  get tickerCallbacks(): number {
    return this.#app.ticker.count;
  }

  /** Where a drop is drawn, in cells. */
  placeOf(slot: number): { x: number; y: number } | null {
    const view = this.#drops.get(slot);
    return view === undefined ? null : this.#turn({ x: view.x / CELL, y: view.y / CELL });
  }

  /** How many cells are drawn in the ink of `slot`. */
  cellsOf(slot: number): number {
    return this.#board.countOf(slot);
  }

  /** Comes before the poll that delivers what waited: of that, only how things are now is of interest. */
  readonly #resumed = (seconds: number, skipped: number): void => {
    this.lastAbsence = [seconds, skipped];
    this.#isBack = true;
    this.#track.reset();
    this.own.reset();
  };

  readonly #frame = (ticker: Ticker): void => {
    const now = performance.now() / 1000;
    // Pixi's deltaMS is capped and scaled; this is real time, but after a pause no step may be as long as that.
    const seconds = Math.min(LONGEST_FRAME, ticker.elapsedMS / 1000);
    this.framesRendered++;
    this.#track.advance(now, seconds);
    this.#layOut(seconds);
    this.#steer(seconds);
    this.#show(seconds);
    this.#board.advance(seconds);
    this.#sparks.advance(seconds);
    this.#hud.update(this.session, this.#meter, now, ticker.FPS);
    if (this.session.refusal !== "") this.onRefused(this.session.refusal);
  };

  #layOut(seconds: number): void {
    const { width, height } = this.#app.screen;
    const { top, right, bottom, left } = this.#edges(width, height);
    const wide = width - left - right;
    const high = height - top - bottom;
    const lying = Math.min(wide / COLS, high / ROWS);
    const upright = Math.min(wide / ROWS, high / COLS);
    this.#setUpright(upright > lying * UPRIGHT_GAIN);
    const scale = Math.max(1, this.#isUpright ? upright : lying) / CELL;
    const [columns, rows] = this.#isUpright ? [ROWS, COLS] : [COLS, ROWS];
    this.#shake = Math.max(0, this.#shake - seconds);
    const shake = (this.#shake / SHAKE_SECONDS) ** 2 * 7;
    this.#stage.scale.set(scale);
    this.#stage.position.set(
      left + (wide - columns * CELL * scale) / 2 + (Math.random() - 0.5) * shake,
      top + (high - rows * CELL * scale) / 2 + (Math.random() - 0.5) * shake,
    );
    for (const drop of this.#drops.values()) drop.fitText(scale);
  }

  /** Read again when the window has another size. */
  #edges(width: number, height: number): Edge {
    const size = `${width}x${height}`;
    if (this.#edge !== null && this.#size === size) return this.#edge;
    const style = getComputedStyle(document.body);
    const read = (edge: string): number => Number.parseFloat(style.getPropertyValue(`--edge-${edge}`)) || 0;
    this.#size = size;
    this.#edge = { top: read("top"), right: read("right"), bottom: read("bottom"), left: read("left") };
    return this.#edge;
  }

  #setUpright(isUpright: boolean): void {
    if (this.#isUpright === isUpright) return;
    this.#isUpright = isUpright;
    for (const part of [this.#plate, this.#board]) {
      part.rotation = isUpright ? Math.PI / 2 : 0;
      part.scale.y = isUpright ? -1 : 1;
    }
  }

  /** From the board to the stage, and back: the others are not turned as a whole, their names stay names. */
  #turn({ x, y }: { readonly x: number; readonly y: number }): { x: number; y: number } {
    return this.#isUpright ? { x: y, y: x } : { x, y };
  }

  #steer(seconds: number): void {
    const { session, own } = this;
    const { snapshot, slot } = session;
    const drop = snapshot?.drops.get(slot);
    this.#aim.visible = drop !== undefined && drop.cooldownTicks === 0;
    if (snapshot === null || drop === undefined || !session.playing) return;
    const at = this.#turn(own);
    const screen = this.#stage.toGlobal({ x: at.x * CELL, y: at.y * CELL });
    const { x, y } = this.#turn(this.#controls?.read(screen.x, screen.y) ?? { x: 0, y: 0 });
    if (snapshot.phase === PHASE_PLAYING && !drop.stunned) own.advance(snapshot, slot, x, y, seconds);
    this.#steerWait -= seconds;
    if (this.#steerWait > 0) return;
    this.#steerWait = Math.max(0, this.#steerWait + 1 / STEERS_PER_SECOND);
    if (session.steer(x, y)) own.sent(session.sequence);
  }

  #show(seconds: number): void {
    const { snapshot, slot, effects } = this.session;
    const news = effects.splice(0);
    if (snapshot === null) return;
    if (this.#isBack || this.#round !== snapshot.round) this.#board.reset(snapshot.board);
    else {
      this.#board.show(snapshot.board);
      for (const effect of news) {
        const { x, y } = this.#turn(effect);
        if (effect.type === "ring") this.#sparks.ring(effect.slot, x, y, effect.cells);
        else this.#sparks.splash(effect.slot, x, y, SPLASH_RADIUS);
      }
    }
    this.#isBack = false;
    this.#round = snapshot.round;
    for (const known of this.#drops.keys()) if (!snapshot.drops.has(known)) this.#removeDrop(known);
    const leader = Math.max(...[...snapshot.drops.values()].map((drop) => drop.cells), 1);
    this.#trailWait -= seconds;
    for (const drop of snapshot.drops.values()) {
      const isOwn = drop.slot === slot;
      const view = this.#drops.get(drop.slot) ?? this.#addDrop(drop.slot, isOwn);
      const { x, y } = this.#turn(isOwn ? this.own : this.#track.placeOf(drop));
      view.moveTo(x, y, seconds);
      view.update(this.session.names.get(drop.slot) ?? "", drop.cells === leader, drop.stunned, drop.away);
      if (isOwn) this.#aim.position.set(x * CELL, y * CELL);
      const moves = drop.steerX !== 0 || drop.steerY !== 0;
      if (this.#trailWait <= 0 && moves && !drop.stunned) this.#sparks.trail(drop.slot, x, y);
    }
    if (this.#trailWait <= 0) this.#trailWait = TRAIL_SECONDS;
  }

  #addDrop(slot: number, isOwn: boolean): DropView {
    const view = new DropView(this.#textures, slot, isOwn);
    if (isOwn) this.#aim.tint = inkOf(slot);
    // Nobody hides the own one.
    if (isOwn) this.#dropLayer.addChild(view);
    else this.#dropLayer.addChildAt(view, 0);
    this.#drops.set(slot, view);
    return view;
  }

  #removeDrop(slot: number): void {
    this.#drops.get(slot)?.destroy({ children: true });
    this.#drops.delete(slot);
  }
}
