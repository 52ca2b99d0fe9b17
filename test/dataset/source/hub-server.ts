import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request, as the tests look at it. */
export interface HubRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** An entry of the listing that is not as an honest hub would have it. */
export interface OddEntry {
  readonly type?: string;
  readonly oid?: string | undefined;
  readonly size?: number;
  readonly lfs?: { readonly oid: string; readonly size: number; readonly pointerSize: number };
}

/** A hub on 127.0.0.1 that speaks what listing and downloading one dataset takes. */
export interface HubServer {
  readonly url: string;
  readonly requests: HubRequest[];
  /** Names of the paths that files were asked by. */
  downloads(): string[];
  files: Record<string, string | Buffer>;
  odd: Record<string, OddEntry>;
  /** Answers a request instead of the hub where it returns true. */
  intercept: (request: HubRequest, response: ServerResponse) => boolean;
  /** Entries a page of the listing. */
  pageSize: number;
  close(): Promise<void>;
}

export const REVISION = 'abcdef0123456789abcdef0123456789abcdef01';

export function gitBlobName(content: string | Buffer): string {
  const bytes = Buffer.from(content);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

export async function startHub(
  dataset: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<HubServer> {
  const server = createServer((request, response) => answer(hub, dataset, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: HubServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    downloads: () => hub.requests.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path),
    files: { ...files },
    odd: {},
    intercept: () => false,
    pageSize: 7,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return hub;
}

function answer(hub: HubServer, dataset: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', hub.url);
  const { range, authorization } = request.headers;
  const seen = { path: decodeURIComponent(url.pathname), range, authorization };
  hub.requests.push(seen);
  if (hub.intercept(seen, response)) return;
  const json = (value: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };
  const api = `/api/datasets/${dataset}`;
  const files = `/datasets/${dataset}/resolve/${REVISION}/`;
  if (seen.path === `${api}/revision/main`) {
    json({
      _id: '1',
      id: dataset,
      sha: REVISION,
      private: false,
      lastModified: '2026-01-01T00:00:00.000Z',
    });
  } else if (seen.path === `${api}/tree/${REVISION}`) {
    const start = Number(url.searchParams.get('cursor') ?? 0);
    const entries = listing(hub);
    const next = start + hub.pageSize;
    url.searchParams.set('cursor', String(next));
    json(
      entries.slice(start, next),
      next < entries.length ? { link: `<${url.href}>; rel="next"` } : {},
    );
  } else {
    const content = seen.path.startsWith(files) ? hub.files[seen.path.slice(files.length)] : undefined;
    if (content === undefined) response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end('not found');
    else sendBytes(Buffer.from(content), range, response);
  }
}

function sendBytes(bytes: Buffer, range: string | undefined, response: ServerResponse): void {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const part = bytes.subarray(Number(from), to === '' ? bytes.length : Number(to) + 1);
  const headers = { etag: '"x"', 'content-length': String(part.length) };
  if (range === undefined) response.writeHead(200, headers).end(bytes);
  else {
    const contentRange = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { ...headers, 'content-range': contentRange }).end(part);
  }
}

function listing(hub: HubServer): unknown[] {
  const names = new Set([...Object.keys(hub.files), ...Object.keys(hub.odd)]);
  return [...names].map((path) => {
    const content = hub.files[path] ?? '';
    return {
      type: 'file',
      path,
      size: Buffer.byteLength(content),
      oid: gitBlobName(content),
      ...hub.odd[path],
    };
  });
}
