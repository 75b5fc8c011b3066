/** One client of one case in a process of its own: runs it, sends its figures to the parent, ends. */
const { file, variant, params, port } = JSON.parse(process.argv[2]);
let message;
try {
  const { client } = await import(file);
  message = { figures: await client(variant, params, { port, url: `http://127.0.0.1:${port}` }) };
} catch (error) {
  message = { error: error?.stack ?? String(error) };
}
process.send(message, () => process.exit(message.error ? 1 : 0));
