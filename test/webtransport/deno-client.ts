/* The checks in Deno. Reads the place as JSON from its argument, prints each result as a line of JSON. */
import process from "node:process";
import { outlive, type Place, run } from "./checks.js";

const place = JSON.parse(process.argv[2] ?? "") as Place;
const print = (value: unknown) => console.log(JSON.stringify(value));

await run(place, print);
print({ reason: await outlive(place, () => print({ isConnected: true })) });
process.exit(0);
