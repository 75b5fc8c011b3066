/** The histogram of frame times as an SVG: the clients one above the other, on the same scales. */
const WIDTH = 720;
const PANEL = 150;
const LEFT = 64;
const TOP = 56;
const GAP = 46;

/** Edges of the bins in milliseconds; the last bin is for all that is longer. */
const EDGES = [0, 8, 12, 16, 18, 20, 25, 33, 50, 100, 200];

export function histogram(gaps) {
  return EDGES.map((edge, index) => gaps.filter((gap) => gap >= edge && gap < (EDGES[index + 1] ?? Infinity)).length);
}

/** @param panels `{ title, color, counts }`; counts are drawn on a logarithmic scale, so that a single late frame can be seen */
export function frameTimesChart(title, panels) {
  const most = Math.max(...panels.flatMap(({ counts }) => counts), 10);
  const heightOf = (count) => (count === 0 ? 0 : ((PANEL - 20) * (Math.log10(count) + 0.3)) / (Math.log10(most) + 0.3));
  const binWidth = (WIDTH - LEFT - 20) / EDGES.length;
  const height = TOP + panels.length * (PANEL + GAP) + 24;
  const parts = panels.map((panel, index) => {
    const base = TOP + index * (PANEL + GAP) + PANEL;
    const bars = panel.counts.map((count, bin) => {
      const x = LEFT + bin * binWidth;
      const tall = heightOf(count);
      const label =
        count > 0
          ? `<text x="${fix(x + binWidth / 2)}" y="${fix(base - tall - 4)}" text-anchor="middle">${count}</text>`
          : "";
      const bar = `<rect x="${fix(x + 2)}" y="${fix(base - tall)}" width="${fix(binWidth - 4)}" height="${fix(tall)}" fill="${panel.color}"/>`;
      return bar + label;
    });
    const ticks = EDGES.map(
      (edge, bin) => `<text x="${fix(LEFT + bin * binWidth)}" y="${base + 15}" text-anchor="middle">${edge}</text>`,
    );
    return [
      `<text x="${LEFT}" y="${base - PANEL - 8}" font-weight="bold">${panel.title}</text>`,
      `<line x1="${LEFT}" y1="${base}" x2="${WIDTH - 20}" y2="${base}" stroke="#888"/>`,
      ...bars,
      ...ticks,
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#222">
<title>Frame times while 100,000 events burst in, of socketio-gameloop and of socket.io-client</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="15" font-weight="bold">${title}</text>
${parts.join("\n")}
<text x="${WIDTH - 20}" y="${height - 10}" text-anchor="end">milliseconds from frame to frame; how many frames, logarithmic</text>
</svg>
`;
}

const fix = (value) => Number(value.toFixed(1));
