import { describe, expect, test } from "vitest";
import { RttEstimator } from "../../src/protocol/rtt.js";

function after(...samples: number[]): RttEstimator {
  const rtt = new RttEstimator();
  for (const sample of samples) rtt.add(sample);
  return rtt;
}

describe("RttEstimator", () => {
  test("all is 0 before the first sample", () => {
    expect(after()).toMatchObject({ rtt: 0, rtt_min: 0, rtt_jitter: 0 });
  });

  test("RFC 6298 (2.2): the first sample R gives SRTT = R, RTTVAR = R/2", () => {
    expect(after(0.08)).toMatchObject({ rtt: 0.08, rtt_min: 0.08, rtt_jitter: 0.04 });
  });

  test("RFC 6298 (2.3): RTTVAR = 3/4 RTTVAR + 1/4 |SRTT − R| with the old SRTT, then SRTT = 7/8 SRTT + 1/8 R", () => {
    // The numbers are powers of two, so the arithmetic is exact.
    expect(after(1, 2)).toMatchObject({ rtt: 1.125, rtt_jitter: 0.625 });
    expect(after(1, 2, 0.125)).toMatchObject({ rtt: 1, rtt_jitter: 0.71875, rtt_min: 0.125 });
  });

  test("follows the formulas over any run of samples", () => {
    const samples = [0.08, 0.081, 0.3, 0.02, 0.08, 0, 4];
    let srtt = samples[0]!;
    let rttvar = srtt / 2;
    for (const sample of samples.slice(1)) {
      rttvar = (3 / 4) * rttvar + (1 / 4) * Math.abs(srtt - sample);
      srtt = (7 / 8) * srtt + (1 / 8) * sample;
    }
    const rtt = after(...samples);
    expect(rtt.rtt).toBeCloseTo(srtt, 12);
    expect(rtt.rtt_jitter).toBeCloseTo(rttvar, 12);
    expect(rtt.rtt_min).toBe(0);
  });

  test("0 is a sample, and a first one too", () => {
    expect(after(0, 8)).toMatchObject({ rtt: 1, rtt_min: 0, rtt_jitter: 2 });
  });

  test.each([-0.001, Number.NaN, Number.NEGATIVE_INFINITY])("%d cannot be a duration and is left out", (sample) => {
    expect(after(sample)).toMatchObject({ rtt: 0, rtt_min: 0, rtt_jitter: 0 });
    expect(after(0.5, sample)).toMatchObject({ rtt: 0.5, rtt_min: 0.5, rtt_jitter: 0.25 });
  });

  test("has no other enumerable property: its three values are spread into the statistics", () => {
    expect(Object.keys(after(1))).toEqual(["rtt", "rtt_min", "rtt_jitter"]);
  });
});
