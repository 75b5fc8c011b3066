import Phaser from "phaser";
import type { SocketIOPlugin } from "socketio-gameloop/phaser";
import type { Point } from "../../shared/arena-map.js";
import { PHASE_PLAYING } from "../../shared/constants.js";
import type { Ship } from "../../shared/ship.js";
import { Controls } from "../controls.js";
import type { ArenaNet, GameSession } from "../net/session.js";
import type { Pilot } from "../pilot.js";
import type { Sound } from "../sound.js";
import { HoldBar } from "../ui/hold-bar.js";
import type { Hud } from "../ui/hud.js";
import { Messages } from "../ui/messages.js";
import { Minimap } from "../ui/minimap.js";
import { NameTags } from "../ui/name-tags.js";
import type { PerkCards } from "../ui/perk-cards.js";
import { Scoreboard } from "../ui/scoreboard.js";
import { buildBackdrop } from "./backdrop.js";
import { CameraRig } from "./camera-rig.js";
import { EffectPlayer } from "./effect-player.js";
import { Effects } from "./effects.js";
import { GemField } from "./gem-field.js";
import { ShipView } from "./ship-view.js";
import { makeTextures } from "./textures.js";
import { VaultView } from "./vault-view.js";

/** What the scenes of a game share. */
export interface GameParts {
  readonly session: GameSession;
  readonly pilot: Pilot;
  readonly sound: Sound;
  readonly hud: Hud;
  readonly perks: PerkCards;
  /** The network is a recording. */
  readonly isReplay: boolean;
}

/**
 * The arena. Before `update` the plugin has polled, behind it it flushes; what is registered with `net` ends with the scene, so
 * that coming and going leaves nothing behind.
 */
export class ArenaScene extends Phaser.Scene {
  declare readonly net: ArenaNet;
  declare readonly socketio: SocketIOPlugin;
  /** Where every ship was drawn in the last frame. */
  readonly drawn = new Map<number, Point>();
  framesRendered = 0;
  /** The last absence that the plugin has told: seconds, and how many snapshots were left out. */
  lastAbsence: readonly [seconds: number, skipped: number] | null = null;
  readonly #parts: GameParts;
  readonly #session: GameSession;
  readonly #views = new Map<number, ShipView>();
  readonly #messages = new Messages();
  readonly #tags = new NameTags();
  readonly #panels = { scores: new Scoreboard(), map: new Minimap(), hold: new HoldBar() };
  #stage: Stage | null = null;
  #lastTime = 0;
  #ownId = 0;

  constructor(parts: GameParts) {
    super("arena");
    this.#parts = parts;
    this.#session = parts.session;
  }

  create({ name }: { name: string }): void {
    const session = this.#session;
    makeTextures(this.textures);
    buildBackdrop(this);
    const effects = new Effects(this);
    this.#lastTime = 0;
    this.#stage = {
      effects,
      player: new EffectPlayer(session, effects, this.#messages, this.#parts.sound),
      controls: new Controls(this.input),
      gems: new GemField(this),
      vault: new VaultView(this),
      camera: new CameraRig(this.cameras.main),
      lines: this.add.graphics().setDepth(15).setBlendMode(Phaser.BlendModes.ADD),
    };
    this.events.once("shutdown", () => this.#leave());
    if (!this.#parts.isReplay) this.net.connect(this.socketio.resumed, this.#resumed);
    session.link.onRefused = (note) => this.scene.start("title", { note });
    session.join(this.net, location.origin, name);
  }

  override update(time: number): void {
    const stage = this.#stage;
    if (stage === null) return;
    const session = this.#session;
    const { pilot, sound } = this.#parts;
    // Phaser smooths its delta; prediction and the server's clock need the time that has really passed.
    const seconds = this.#lastTime === 0 ? 0 : (time - this.#lastTime) / 1000;
    this.#lastTime = time;
    const now = time / 1000;

    session.read(seconds);

    const at = this.drawn.get(session.id) ?? { x: 0, y: 0 };
    const screen = stage.camera.toScreen(at);
    const steering = pilot.steer(() => stage.controls.read(screen.x, screen.y));
    const perk = pilot.takePerk();
    if (perk !== null) session.question?.answer(perk);
    const ready = session.playing && session.predictor.ship?.cooldownTicks === 0;
    session.send(this.net, seconds, steering);

    if (ready && steering.dash) {
      stage.effects.dash(at.x, at.y, this.#views.get(session.id)?.color ?? 0xffffff);
      sound.dash();
    }
    this.#draw(stage, now, seconds);
    this.framesRendered++;
    if (pilot.takeLeave()) this.scene.start("title", { note: "" });
  }

  readonly #resumed = (seconds: number, skipped: number): void => {
    this.lastAbsence = [seconds, skipped];
    if (seconds < 1) return;
    const skippedText = skipped === 0 ? "" : `, ${skipped} snapshots were left out`;
    this.#messages.news(`you were away for ${seconds.toFixed(0)} s${skippedText}`, performance.now() / 1000);
  };

  /** Phaser takes away what is on its stage; this is the rest. */
  #leave(): void {
    this.#stage?.controls.end();
    this.#stage = null;
    this.#views.clear();
    this.drawn.clear();
    this.#tags.keep(this.drawn);
    this.#messages.clear();
    this.#parts.hud.clear();
    this.#session.leave();
    this.#parts.perks.update(this.#session, 0);
  }

  #draw(stage: Stage, now: number, seconds: number): void {
    const session = this.#session;
    const { newest } = session.snapshots;
    stage.lines.clear();
    const own = session.playing ? session.predictor.ship : null;
    this.#drawShips(stage, own, now);
    stage.gems.update(session.snapshots.gems(), now);
    const place = own === null ? null : (this.drawn.get(own.id) ?? null);
    if (newest !== null) stage.vault.update(newest, place, stage.lines, now);
    stage.camera.update(own === null || place === null ? null : { ...place, vx: own.vx, vy: own.vy }, seconds, now);
    this.#placeTags(stage);
    stage.player.update(now);

    const phase = newest?.phase ?? PHASE_PLAYING;
    this.#messages.update(now);
    this.#panels.scores.update(session, now);
    this.#panels.map.update(session, now);
    this.#panels.hold.update(own, phase);
    this.#parts.perks.update(session, now);
    this.#parts.hud.update(session, now, this.game.loop.actualFps);
  }

  #drawShips(stage: Stage, own: Ship | null, now: number): void {
    const session = this.#session;
    if (this.#ownId !== session.id) {
      // A new stay in the arena: which view is "mine" has changed.
      this.#ownId = session.id;
      this.#forget([...this.#views.keys()]);
    }
    const gone = new Set(this.#views.keys());
    for (const seen of session.snapshots.ships()) {
      const ship = seen.id === own?.id ? own : seen;
      const at = ship === own ? session.predictor.shown() : { x: ship.x, y: ship.y };
      gone.delete(ship.id);
      let view = this.#views.get(ship.id);
      if (view === undefined) {
        view = new ShipView(this, ship.id, ship.id === session.id);
        this.#views.set(ship.id, view);
      }
      view.update(ship, at, stage.lines, now);
      this.drawn.set(ship.id, at);
    }
    if (gone.size > 0) this.#forget(gone);
  }

  #placeTags(stage: Stage): void {
    const { names, id: ownId, snapshots } = this.#session;
    // The canvas may have fewer pixels than the page.
    const pagePixels = window.innerWidth / stage.camera.width;
    for (const [id, at] of this.drawn) {
      const place = stage.camera.toScreen({ x: at.x, y: at.y - 40 });
      const away = snapshots.newest?.ships.get(id)?.away === true;
      const page = { x: place.x * pagePixels, y: place.y * pagePixels };
      this.#tags.place(id, names.get(id) ?? "", page, id === ownId, away);
    }
    this.#tags.keep(this.drawn);
  }

  #forget(ids: Iterable<number>): void {
    for (const id of ids) {
      this.#views.get(id)?.destroy();
      this.#views.delete(id);
      this.drawn.delete(id);
    }
  }
}

interface Stage {
  readonly effects: Effects;
  readonly player: EffectPlayer;
  readonly controls: Controls;
  readonly gems: GemField;
  readonly vault: VaultView;
  readonly camera: CameraRig;
  readonly lines: Phaser.GameObjects.Graphics;
}
