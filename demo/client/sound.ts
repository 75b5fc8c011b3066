/** A few synthesised sounds; no files. Browsers allow sound after the first click or key, so it starts then. */
export class Sound {
  #context: AudioContext | null = null;
  #muted = false;

  constructor() {
    const start = (): void => {
      this.#context ??= new AudioContext();
    };
    window.addEventListener("pointerdown", start, { once: true });
    window.addEventListener("keydown", start, { once: true });
  }

  get isOn(): boolean {
    return !this.#muted;
  }

  toggle(): void {
    this.#muted = !this.#muted;
  }

  pickup(carried: number): void {
    this.#tone("triangle", 520 * 2 ** (carried / 6), 0.09, 0.1);
  }

  bank(gems: number): void {
    for (let step = 0; step <= Math.min(gems, 7); step++) {
      this.#tone("square", 392 * 2 ** ((step * 2) / 12), 0.12, 0.05, step * 0.055);
    }
  }

  dash(): void {
    this.#tone("sawtooth", 170, 0.2, 0.07, 0, 70);
  }

  hit(): void {
    this.#tone("sawtooth", 120, 0.3, 0.16, 0, 35);
    this.#tone("square", 900, 0.1, 0.06, 0, 200);
  }

  #tone(type: OscillatorType, pitch: number, seconds: number, volume: number, delay = 0, endPitch = pitch): void {
    const context = this.#context;
    if (context === null || this.#muted) return;
    const at = context.currentTime + delay;
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = type;
    oscillator.frequency.setValueAtTime(pitch, at);
    oscillator.frequency.exponentialRampToValueAtTime(endPitch, at + seconds);
    gain.gain.setValueAtTime(volume, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + seconds);
  }
}
