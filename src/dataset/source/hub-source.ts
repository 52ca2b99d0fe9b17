import { InfrastructureFault, TroupeError, UserMistake } from '../../base/errors.js';
import type { DatasetSource, SourceFile } from './dataset-source.js';
import { CannotContinue, connectionFault, statusFault } from './hub-faults.js';

export const DEFAULT_ENDPOINT = 'https://huggingface.co';

/** Which hub, and who asks. */
export interface HubAccess {
  /** `HF_ENDPOINT`; default {@link DEFAULT_ENDPOINT}. */
  readonly endpoint?: string | undefined;
  /** `HF_TOKEN`. Only ever sent to the endpoint, and in no error. */
  readonly token?: string | undefined;
}

/** A hub that names more files is not believed. */
const MOST_FILES = 200_000;

/**
 * A dataset on a Hugging Face hub, in the state that its main branch has now.
 *
 * @throws {UserMistake} for an unknown dataset, an endpoint or token that cannot be one, and one that is refused.
 * @throws {InfrastructureFault} where the hub cannot be reached.
 */
export async function hubSource(
  dataset: string,
  access: HubAccess = {},
  signal?: AbortSignal,
): Promise<DatasetSource> {
  const endpoint = endpointOf(access.endpoint);
  const accessToken = tokenOf(access.token);
  const name = `${endpoint}/datasets/${dataset}`;
  const line = hubLine(name, endpoint, accessToken !== undefined);
  const hub = await import('@huggingface/hub');
  const common = { hubUrl: endpoint, ...(accessToken === undefined ? {} : { accessToken }) };
  const info = await line.ask(signal, (fetch) =>
    hub.datasetInfo({ ...common, name: dataset, additionalFields: ['sha'], revision: 'main', fetch }),
  );
  const revision = /^[0-9a-f]{40,64}$/.test(String(info.sha)) ? String(info.sha) : undefined;
  const repo = { type: 'dataset', name: dataset } as const;
  return {
    name,
    ...(revision === undefined ? {} : { revision }),
    canSkip: true,
    list: (asked) =>
      line.ask(asked, async (fetch) => {
        const files: SourceFile[] = [];
        const entries = hub.listFiles({
          ...common,
          repo,
          recursive: true,
          revision: revision ?? 'main',
          fetch,
        });
        for await (const entry of entries) {
          if (entry.type !== 'directory') files.push(toSourceFile(entry, name));
          if (files.length > MOST_FILES) throw notAHub('it names too many files', name);
        }
        return files;
      }),
    read: (file, offset, asked) =>
      line.stream(asked, file.path, async (fetch) => {
        const plain = file.path.split('/').map(encodeURIComponent).join('/');
        const blob = await hub.downloadFile({
          ...common,
          repo,
          path: file.path,
          // What the listing told already would cost a request more for each file.
          downloadInfo: {
            size: file.size,
            etag: '',
            url: `${name}/resolve/${revision ?? 'main'}/${plain}`,
          },
          xet: false,
          fetch,
        });
        if (blob === null) throw statusFault(404, `${name}: ${file.path}`, accessToken !== undefined);
        return offset === 0 ? blob : blob.slice(offset, file.size);
      }),
    close: () => Promise.resolve(),
  };
}

type Fetch = typeof globalThis.fetch;

/** Requests to one hub: faults are typed, and what goes elsewhere goes without the token. */
function hubLine(name: string, endpoint: string, hasToken: boolean) {
  const origin = new URL(endpoint).origin;
  // The library turns some errors into text on their way; what happened is kept beside it.
  const watched = (signal: AbortSignal | undefined, where: string) => {
    let fault: TroupeError | undefined;
    const fetch: Fetch = async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const headers = new Headers(init?.headers);
      if (url.origin !== origin) headers.delete('authorization');
      let response: Response;
      try {
        response = await globalThis.fetch(url, { ...init, headers, signal: signal ?? null });
      } catch (error) {
        signal?.throwIfAborted();
        fault = connectionFault(error, where);
        throw fault;
      }
      const isWhole = headers.has('range') && response.status === 200;
      if (response.ok && !isWhole) return response;
      await response.body?.cancel().catch(() => undefined);
      fault = isWhole
        ? new CannotContinue(where)
        : statusFault(response.status, where, hasToken, response.headers.get('retry-after'));
      throw fault;
    };
    const rethrow = (error: unknown): never => {
      signal?.throwIfAborted();
      if (fault !== undefined) throw fault;
      if (error instanceof SyntaxError) throw notAHub('its answer is no JSON', where);
      throw connectionFault(error, where);
    };
    return { fetch, rethrow };
  };
  return {
    async ask<Answer>(signal: AbortSignal | undefined, call: (fetch: Fetch) => Promise<Answer>) {
      const { fetch, rethrow } = watched(signal, name);
      return call(fetch).catch(rethrow);
    },
    async *stream(signal: AbortSignal | undefined, path: string, open: (fetch: Fetch) => Promise<Blob>) {
      const { fetch, rethrow } = watched(signal, `${name}: ${path}`);
      try {
        yield* (await open(fetch)).stream() as unknown as AsyncIterable<Uint8Array>;
      } catch (error) {
        rethrow(error);
      }
    },
  };
}

interface ListedFile {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

function toSourceFile(entry: ListedFile, name: string): SourceFile {
  const size = entry.lfs?.size ?? entry.size;
  if (typeof entry.path !== 'string' || !Number.isSafeInteger(size) || size < 0) {
    throw notAHub('its list of files cannot be understood', name);
  }
  const digest = digestOf(entry);
  return {
    path: entry.path,
    size,
    // The hub does not tell; scripts are the only programs of a task.
    isExecutable: entry.path.endsWith('.sh'),
    ...(digest === undefined ? {} : { digest }),
    ...(entry.type === 'file' ? {} : { refusal: 'it is no regular file' }),
  };
}

function digestOf({ lfs, oid }: ListedFile): SourceFile['digest'] {
  if (lfs !== undefined) return /^[0-9a-f]{64}$/.test(lfs.oid) ? { kind: 'sha256', hex: lfs.oid } : undefined;
  return oid !== undefined && /^[0-9a-f]{40}$/.test(oid) ? { kind: 'git-blob', hex: oid } : undefined;
}

function endpointOf(text: string | undefined): string {
  const endpoint = (text === undefined || text === '' ? DEFAULT_ENDPOINT : text).replace(/\/+$/, '');
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isPlain =
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.username + url.password + url.search + url.hash === '';
  if (isPlain) return endpoint;
  throw new UserMistake('it is no address of a hub', {
    code: 'endpoint-invalid',
    where: 'HF_ENDPOINT',
    remedy: `write one like ${DEFAULT_ENDPOINT}, without user name and password`,
  });
}

function tokenOf(text: string | undefined): string | undefined {
  const token = text?.trim();
  if (token === undefined || token === '') return undefined;
  if (/^hf_[\x21-\x7e]+$/.test(token)) return token;
  throw new UserMistake('it is no token of the hub', {
    code: 'token-invalid',
    where: 'HF_TOKEN',
    remedy: 'tokens begin with hf_; unset it for public datasets',
  });
}

function notAHub(message: string, where: string): InfrastructureFault {
  return new InfrastructureFault(message, {
    code: 'hub-unexpected',
    where,
    remedy: 'check that HF_ENDPOINT is a Hugging Face hub',
  });
}
