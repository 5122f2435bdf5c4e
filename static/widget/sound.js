// The tone that says that a line came; fetched when it is switched on.

const TONE_AFTER_MS = 400;
const TONE_HZ = 660;
const TONE_S = 0.35;
const TONE_GAIN = 0.08;

/** It shares nothing with the frame. */
export function prepare() {}

/** A short soft tone. Browsers allow none before the visitor has touched this page. */
export class Tone {
  #context = null;
  #isOn = false;

  constructor() {
    for (const name of ["pointerdown", "keydown"]) {
      addEventListener(name, () => this.#isOn && this.#wake());
    }
  }

  set(isOn) {
    this.#isOn = isOn;
    if (isOn && navigator.userActivation?.isActive) this.#wake();
  }

  /** After a moment, in which another tab may turn out to show the line. */
  ringUnless(isSeen) {
    if (this.#isOn) setTimeout(() => isSeen() || this.play(), TONE_AFTER_MS);
  }

  play() {
    const context = this.#context;
    if (!context) return;
    const now = context.currentTime;
    const tone = new OscillatorNode(context, { frequency: TONE_HZ });
    const volume = new GainNode(context, { gain: TONE_GAIN });
    volume.gain.exponentialRampToValueAtTime(0.0001, now + TONE_S);
    tone.connect(volume).connect(context.destination);
    tone.start(now);
    tone.stop(now + TONE_S);
  }

  #wake() {
    this.#context ||= new AudioContext();
    this.#context.resume();
  }
}
