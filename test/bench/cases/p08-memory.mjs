/* P8: thousands of connected clients in one process. What does each keep? */
import { getHeapSpaceStatistics } from "node:v8";
import { heapUsed, sleep } from "../lib/cpu.mjs";
import { makeCrowd } from "../lib/crowd.mjs";

export const title = "memory of connected clients";
export const rounds = 7;

const SIZES = [2000, 5000];

export const parts = (quick) => SIZES.map((count) => ({ name: `${count} clients`, count: quick ? count / 20 : count }));

export async function client(variant, { count }, { url }) {
  // Code, pools and tables that the first ones need.
  const first = await makeCrowd(variant, url, 20);
  const before = await settled();
  const crowd = await makeCrowd(variant, url, count);
  const after = await settled();
  crowd.close();
  first.close();
  const each = (figure) => (after[figure] - before[figure]) / count / 1024;
  return { heap: each("heap"), rss: each("rss"), kept: each("kept") };
}

async function settled() {
  for (let n = 0; n < 4; n++) {
    await sleep(150);
    globalThis.gc();
  }
  const rss = process.memoryUsage.rss();
  // There is one for the process, empty by now, which has grown with how fast clients were made and not with how many there are.
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").physical_space_size;
  return { heap: heapUsed(), rss, kept: rss - young };
}

export const lines = SIZES.flatMap((count) => {
  const part = `${count} clients`;
  return [
    {
      name: `${part}, heap each`,
      unit: "KB",
      part,
      figure: "heap",
      checks: [{ ratio: "sio/ours", atLeast: 2.5 }, { atMost: 5 }],
    },
    { name: `${part}, RSS each`, unit: "KB", part, figure: "rss", checks: [{ ratio: "sio/ours", atLeast: 1.9 }] },
    { name: `${part}, RSS each without V8's young generation`, unit: "KB", part, figure: "kept" },
  ];
});
