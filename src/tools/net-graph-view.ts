/*
 * How a NetGraph looks: one function that draws what the model says on a canvas of WIDTH by HEIGHT units. The panel is dark on
 * every page, so that the colours mean the same everywhere.
 */
import { type NetGraphData, type NetGraphSlice, SLICE } from "./net-graph-data.js";
import type { NetGraphThresholds, Threshold } from "./net-graph-options.js";
import { countReconnects, nameOf, SHOWN_EVENTS } from "./net-graph-text.js";
import { showCount, showRate, showTime } from "./printable.js";

export const WIDTH = 320;
export const HEIGHT = 262;

const MARGIN = 10;
const RIGHT = WIDTH - MARGIN;
/** The graphs begin here; left of them are their numbers. */
const GRAPH_LEFT = 110;
const GRAPH_WIDTH = RIGHT - GRAPH_LEFT;

const BACKGROUND = "rgba(13, 17, 23, 0.92)";
const BORDER = "rgba(139, 148, 158, 0.45)";
const LINE = "rgba(139, 148, 158, 0.28)";
const WELL = "rgba(139, 148, 158, 0.10)";
const TEXT = "#e6edf3";
const DIM = "#9aa4af";
const GOOD = "#4ac26b";
const WARN = "#e3b341";
const BAD = "#ff7b72";
const IN = "#58a6ff";
const OUT = "#f778ba";
const OFFLINE = { connected: "", connecting: "rgba(227, 179, 65, 0.22)", disconnected: "rgba(255, 123, 114, 0.22)" };
const STATE = { connected: GOOD, connecting: WARN, disconnected: BAD };
const FAMILY = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** Tops of the round-trip scale, seconds. */
const SCALES = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5];
/** The label of a scale shall not hide what it is the scale of. */
const HEADROOM = 1.2;

type Canvas = CanvasRenderingContext2D;

export function drawNetGraph(canvas: Canvas, data: NetGraphData, thresholds: NetGraphThresholds): void {
  canvas.clearRect(0, 0, WIDTH, HEIGHT);
  canvas.beginPath();
  canvas.roundRect(0.5, 0.5, WIDTH - 1, HEIGHT - 1, 6);
  canvas.fillStyle = BACKGROUND;
  canvas.fill();
  canvas.strokeStyle = BORDER;
  canvas.lineWidth = 1;
  canvas.stroke();
  canvas.textBaseline = "alphabetic";
  drawHead(canvas, data);
  drawRoundTrip(canvas, data, thresholds);
  drawTraffic(canvas, data);
  drawEvents(canvas, data);
  drawLoop(canvas, data, thresholds);
}

function drawHead(canvas: Canvas, data: NetGraphData): void {
  canvas.fillStyle = STATE[data.state];
  canvas.beginPath();
  canvas.arc(MARGIN + 5, 16, 4.5, 0, 2 * Math.PI);
  canvas.fill();
  const end = write(canvas, data.state, 26, 20, STATE[data.state], 12, "bold");
  write(canvas, data.transport, end + 8, 20, DIM, 11);
  const isCalm = data.stats.reconnects === 0;
  write(canvas, countReconnects(data), RIGHT, 20, isCalm ? DIM : WARN, 11, "", "right");
  rule(canvas, 28);
}

function drawRoundTrip(
  canvas: Canvas,
  { state, stats, slices, window }: NetGraphData,
  limits: NetGraphThresholds,
): void {
  const { rtt, rtt_jitter } = stats;
  const isKnown = rtt > 0 && state === "connected";
  write(canvas, "RTT", MARGIN, 44, DIM, 10);
  write(canvas, isKnown ? showTime(rtt) : "–", MARGIN, 64, isKnown ? judge(rtt, limits.rtt) : DIM, 18, "bold");
  const end = write(canvas, "jitter ", MARGIN, 80, DIM, 10);
  write(canvas, isKnown ? showTime(rtt_jitter) : "–", end, 80, isKnown ? judge(rtt_jitter, limits.jitter) : DIM, 10);

  const [top, height] = [34, 50];
  well(canvas, top, height, slices, window);
  const peak = slices.reduce((most, slice) => Math.max(most, slice.rtt + slice.jitter), 0);
  const scale = SCALES.find((each) => each >= peak * HEADROOM) ?? Math.ceil(peak * HEADROOM);
  const y = (seconds: number) => top + height - Math.min(1, Math.max(0, seconds / scale)) * (height - 2) - 1;
  for (const limit of limits.rtt) {
    if (limit > 0 && limit < scale) bar(canvas, GRAPH_LEFT, Math.round(y(limit)), GRAPH_WIDTH, 1, LINE);
  }
  const left = columns(slices.length, window);
  const colours = slices.map((slice) =>
    slice.state === "connected" && slice.rtt > 0 ? judge(slice.rtt, limits.rtt) : "",
  );
  canvas.lineWidth = 1.5;
  for (const [colour, from, to] of runs(colours)) {
    if (colour === "") continue;
    canvas.beginPath();
    for (let index = from; index < to; index++) {
      const { rtt: mean, jitter } = slices[index]!;
      step(canvas, left(index), left(index + 1), y(mean + jitter));
    }
    for (let index = to - 1; index >= from; index--) {
      const { rtt: mean, jitter } = slices[index]!;
      step(canvas, left(index + 1), left(index), y(mean - jitter));
    }
    fill(canvas, colour, 0.25);
    canvas.beginPath();
    // From the one before it, so that a jump is a line and no hole.
    if (colours[from - 1]) canvas.moveTo(left(from), y(slices[from - 1]!.rtt));
    for (let index = from; index < to; index++) step(canvas, left(index), left(index + 1), y(slices[index]!.rtt));
    canvas.strokeStyle = colour;
    canvas.stroke();
  }
  label(canvas, showTime(scale), top + 9);
}

function drawTraffic(canvas: Canvas, data: NetGraphData): void {
  const { bytes_in, bytes_out, packets_in, packets_out, slices, window } = data;
  const rows = [
    ["in", IN, bytes_in, packets_in, 101],
    ["out", OUT, bytes_out, packets_out, 131],
  ] as const;
  for (const [name, colour, bytes, packets, y] of rows) {
    write(canvas, name, MARGIN, y, colour, 10, "bold");
    write(canvas, showCount(packets), GRAPH_LEFT - 10, y, DIM, 10, "", "right");
    write(canvas, showRate(bytes), MARGIN, y + 14, TEXT, 12, "bold");
  }
  const [top, height] = [92, 56];
  well(canvas, top, height, slices, window);
  const middle = top + height / 2;
  const left = columns(slices.length, window);
  const room = (height / 2 - 2) / HEADROOM;
  // Each half has a scale of its own: what a game sends is little against what it gets.
  const peaks = { bytes_in: 0, bytes_out: 0 };
  for (const [name, colour, sign] of [
    ["bytes_in", IN, -1],
    ["bytes_out", OUT, 1],
  ] as const) {
    const peak = slices.reduce((most, slice) => Math.max(most, slice[name]), 0);
    peaks[name] = peak;
    canvas.beginPath();
    canvas.moveTo(left(0), middle);
    for (const [index, slice] of slices.entries())
      step(canvas, left(index), left(index + 1), middle + sign * Math.round(part(slice[name], peak) * room));
    canvas.lineTo(RIGHT, middle);
    fill(canvas, colour, 0.8);
  }
  bar(canvas, GRAPH_LEFT, middle, GRAPH_WIDTH, 1, BORDER);
  const scaleOf = (bytes: number) => showRate((bytes * HEADROOM) / SLICE);
  if (peaks.bytes_in > 0) label(canvas, scaleOf(peaks.bytes_in), top + 9);
  if (peaks.bytes_out > 0) label(canvas, scaleOf(peaks.bytes_out), top + height - 3);
  rule(canvas, 154);
}

function drawEvents(canvas: Canvas, { events, last_error, state }: NetGraphData): void {
  const shown = events.slice(0, SHOWN_EVENTS);
  // Without a connection there is room to say why.
  if (shown.length === 0 && state !== "connected") paragraph(canvas, last_error, 169, TEXT);
  else if (shown.length === 0) write(canvas, "no packets in the last 2 s", MARGIN, 169, DIM, 11);
  const peak = shown[0]?.bytes ?? 0;
  for (const [index, rate] of shown.entries()) {
    const y = 169 + index * 13;
    const colour = rate.direction === "in" ? IN : OUT;
    write(canvas, rate.direction === "in" ? "↓" : "↑", MARGIN, y, colour, 11, "bold");
    write(canvas, shorten(canvas, nameOf(rate), 128), MARGIN + 12, y, TEXT, 11);
    bar(canvas, 154, y - 8, 46, 8, WELL);
    bar(canvas, 154, y - 8, Math.max(1, 46 * part(rate.bytes, peak)), 8, colour);
    write(canvas, showRate(rate.bytes), 266, y, TEXT, 11, "", "right");
    write(canvas, showCount(rate.packets), RIGHT, y, DIM, 11, "", "right");
  }
  rule(canvas, 214);
}

function drawLoop(canvas: Canvas, data: NetGraphData, limits: NetGraphThresholds): void {
  const { longest_inbox_age: age, longest_poll: poll, longest_poll_gap: gap, longest_callback: took } = data;
  let x = write(canvas, "inbox ", MARGIN, 227, DIM, 11);
  x = write(canvas, String(data.stats.inbox_length), x, 227, judge(age, limits.inbox_age), 11);
  if (data.most_inbox_length > 0) {
    x = write(canvas, `  most ${data.most_inbox_length}, `, x, 227, DIM, 11);
    x = write(canvas, showTime(age), x, 227, judge(age, limits.inbox_age), 11);
    write(canvas, " old", x, 227, DIM, 11);
  }
  x = write(canvas, "longest poll ", MARGIN, 240, DIM, 11);
  write(canvas, showTime(poll), x, 240, judge(poll, limits.poll), 11);
  const end = write(canvas, showTime(gap), RIGHT, 240, judge(gap, limits.poll_gap), 11, "", "right");
  write(canvas, "gap between polls ", RIGHT - (end - RIGHT), 240, DIM, 11, "", "right");
  const name = data.longest_callback_event;
  x = write(canvas, "slowest listener ", MARGIN, 253, DIM, 11);
  x = write(canvas, name === "" ? "–" : showTime(took), x, 253, name === "" ? DIM : judge(took, limits.callback), 11);
  write(canvas, shorten(canvas, name, RIGHT - x - 8), x + 8, 253, TEXT, 11);
}

function judge(value: number, [warn, bad]: Threshold): string {
  return value >= bad ? BAD : value >= warn ? WARN : GOOD;
}

const part = (value: number, whole: number): number => (whole > 0 ? value / whole : 0);

/**
 * Where the column of each slice begins: the newest ends at the right edge, each on whole units so that they do not flicker. Where
 * they are more than there is room for, some are 0 wide.
 */
function columns(count: number, window: number): (index: number) => number {
  const width = GRAPH_WIDTH / Math.round(window / SLICE);
  return (index) => RIGHT - Math.round((count - index) * width);
}

/** Where the same value stands several times in a row: the value, the first place, and the one after the last. */
function runs<Value>(values: readonly Value[]): [value: Value, from: number, to: number][] {
  const found: [Value, number, number][] = [];
  for (const [index, value] of values.entries()) {
    const last = found.at(-1);
    if (last !== undefined && last[0] === value) last[2] = index + 1;
    else found.push([value, index, index + 1]);
  }
  return found;
}

function step(canvas: Canvas, from: number, to: number, y: number): void {
  canvas.lineTo(from, y);
  canvas.lineTo(to, y);
}

function fill(canvas: Canvas, colour: string, alpha: number): void {
  canvas.globalAlpha = alpha;
  canvas.fillStyle = colour;
  canvas.fill();
  canvas.globalAlpha = 1;
}

/** The ground of a graph, with the times without a connection in it. */
function well(canvas: Canvas, top: number, height: number, slices: readonly NetGraphSlice[], window: number): void {
  bar(canvas, GRAPH_LEFT, top, GRAPH_WIDTH, height, WELL);
  const left = columns(slices.length, window);
  for (const [state, from, to] of runs(slices.map((slice) => slice.state)))
    if (state !== "connected") bar(canvas, left(from), top, left(to) - left(from), height, OFFLINE[state]);
}

function bar(canvas: Canvas, x: number, y: number, width: number, height: number, colour: string): void {
  if (width <= 0 || height <= 0) return;
  canvas.fillStyle = colour;
  canvas.fillRect(x, y, width, height);
}

function rule(canvas: Canvas, y: number): void {
  bar(canvas, MARGIN, y, WIDTH - 2 * MARGIN, 1, LINE);
}

/** The end of a scale, in the corner of its graph. */
function label(canvas: Canvas, text: string, y: number): void {
  canvas.font = `9px ${FAMILY}`;
  const width = canvas.measureText(text).width;
  bar(canvas, GRAPH_LEFT + 2, y - 8, width + 4, 10, "rgba(13, 17, 23, 0.7)");
  write(canvas, text, GRAPH_LEFT + 4, y, DIM, 9);
}

/** Writes and returns where the text ends. */
function write(
  canvas: Canvas,
  text: string,
  x: number,
  y: number,
  colour: string,
  size: number,
  weight = "",
  align: "left" | "right" = "left",
): number {
  canvas.font = `${weight} ${size}px ${FAMILY}`;
  canvas.fillStyle = colour;
  canvas.textAlign = align;
  canvas.fillText(text, x, y);
  return x + canvas.measureText(text).width;
}

function shorten(canvas: Canvas, text: string, width: number): string {
  canvas.font = `11px ${FAMILY}`;
  let shown = text;
  while (shown.length > 1 && canvas.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`;
  return shown;
}

/** A sentence on several lines. */
function paragraph(canvas: Canvas, text: string, y: number, colour: string): void {
  let line = "";
  for (const word of text.split(" ")) {
    canvas.font = `11px ${FAMILY}`;
    if (line !== "" && canvas.measureText(`${line} ${word}`).width > RIGHT - MARGIN) {
      write(canvas, line, MARGIN, y, colour, 11);
      y += 13;
      line = "";
    }
    line = line === "" ? shorten(canvas, word, RIGHT - MARGIN) : `${line} ${word}`;
    if (y > 169 + 13 * (SHOWN_EVENTS - 1)) return;
  }
  write(canvas, line, MARGIN, y, colour, 11);
}
