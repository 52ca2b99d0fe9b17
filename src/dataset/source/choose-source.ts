import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserMistake } from '../../base/errors.js';

/** The public dataset of the benchmark, which its Python tool keeps in step with its own `dataset/` folder. */
export const PUBLIC_DATASET = 'CodeConflict/cooperbench-dataset';

/** What `--from` means. */
export type SourceChoice =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'git'; readonly url: string }
  | { readonly kind: 'hub'; readonly dataset: string };

const HUB_NAME = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;
const HUB_HOSTS = ['huggingface.co', 'hf.co'];
const GIT_PROTOCOLS = ['https:', 'ssh:', 'file:'];

/**
 * Reads `--from`: a folder that is there wins, then URLs (https, ssh, file, `user@host:path`), then the name of
 * a Hugging Face dataset (`owner/name`, `datasets/owner/name`, `hf://datasets/owner/name`, or its page).
 *
 * @throws {UserMistake} for anything else.
 */
export async function chooseSource(
  from: string | undefined,
  endpoint: string | undefined,
): Promise<SourceChoice> {
  if (from === undefined) return { kind: 'hub', dataset: PUBLIC_DATASET };
  if (await isFolder(from)) return { kind: 'folder', folder: path.resolve(from) };
  return parseSource(from, endpoint);
}

/** {@link chooseSource} for what is no folder. */
export function parseSource(from: string, endpoint?: string): SourceChoice {
  const hub = from.replace(/^(?:hf:\/\/)?datasets\//, '');
  if (HUB_NAME.test(hub) && !hub.includes('..')) return { kind: 'hub', dataset: hub };
  // Neither a user name nor a host may begin with a dash: ssh would take it for an option.
  if (/^[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*:[^:]+$/.test(from)) return { kind: 'git', url: from };
  if (!/^[a-z][a-z0-9+.-]*:/i.test(from)) throw unknownSource(from, 'is neither a folder nor a dataset');
  const url = URL.canParse(from) ? new URL(from) : undefined;
  if (url === undefined) throw unknownSource(withoutPassword(from), 'is no URL');
  if (!GIT_PROTOCOLS.includes(url.protocol) || from.includes('::')) {
    throw unknownSource(withoutPassword(from), 'has a protocol that is not used');
  }
  const page = /^\/datasets\/([^/]+\/[^/]+?)\/?$/.exec(url.pathname)?.[1];
  const isHub = HUB_HOSTS.includes(url.hostname) || hostOf(endpoint) === url.host;
  if (isHub && page !== undefined && HUB_NAME.test(page)) return { kind: 'hub', dataset: page };
  return { kind: 'git', url: from };
}

/** A URL as it may be shown: user name and password left out. */
export function withoutPassword(text: string): string {
  return text.replace(/(\w:\/\/)[^/\s]*@/g, '$1');
}

function hostOf(endpoint: string | undefined): string | undefined {
  return endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint).host : undefined;
}

async function isFolder(name: string): Promise<boolean> {
  return stat(name).then(
    (status) => status.isDirectory(),
    () => false,
  );
}

function unknownSource(from: string, what: string): UserMistake {
  return new UserMistake(`"${from}" ${what}`, {
    code: 'source-unknown',
    where: '--from',
    remedy: 'give a folder, a git URL (https, ssh or file), or a Hugging Face dataset as owner/name',
  });
}
