import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".map": "application/json",
  ".svg": "image/svg+xml",
};

/** Serves the files of one folder and nothing outside it. */
export function serveFolder(folder: string): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void serve(folder, request, response);
  };
}

async function serve(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = requestedPath(request);
  const file = path === null ? null : join(folder, path);
  if (file === null || !file.startsWith(folder + sep) || (request.method !== "GET" && request.method !== "HEAD")) {
    response.writeHead(404).end("not found");
    return;
  }
  try {
    const found = await stat(file);
    if (found.isDirectory()) {
      // What a page in a folder names is beside it, which a browser only knows with the slash.
      response.writeHead(302, { location: `${path?.replaceAll(sep, "/")}/` }).end();
      return;
    }
    const { size } = found;
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    // No caching: after a rebuild a reload must show the new page.
    response.writeHead(200, { "content-type": type, "content-length": size, "cache-control": "no-store" });
    if (request.method === "HEAD") response.end();
    else createReadStream(file).pipe(response);
  } catch {
    response.writeHead(404).end("not found");
  }
}

function requestedPath(request: IncomingMessage): string | null {
  try {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    return normalize(decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
  } catch {
    return null;
  }
}
