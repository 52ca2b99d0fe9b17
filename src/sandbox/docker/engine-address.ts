import { createHash } from 'node:crypto';
import path from 'node:path';

/** Where a Docker engine, or one that speaks as Docker does, is reached. */
export type EngineAddress =
  | {
      /** As `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` say. */
      readonly kind: 'environment';
      readonly host: string;
    }
  | { readonly kind: 'socket'; readonly path: string }
  | {
      /** A context of the docker command's own. */
      readonly kind: 'context';
      readonly name: string;
      /** As in `DOCKER_HOST`, e.g. `tcp://10.0.0.5:2376`. */
      readonly host: string;
      /** Folder with `ca.pem`, `cert.pem` and `key.pem`; absent where the context has none. */
      readonly certificates?: string;
    };

/** How {@link chooseEngine} looks at the disk. */
export interface EngineFiles {
  readonly exists: (file: string) => boolean;
  /** The text of a file, `undefined` when there is none. */
  readonly read: (file: string) => string | undefined;
}

export interface EngineSurroundings extends EngineFiles {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/**
 * The engine that the docker command would use, else the first socket of Docker, Docker Desktop or Podman that is
 * there. The system's own socket where none is.
 */
export function chooseEngine(surroundings: EngineSurroundings): EngineAddress {
  const { environment, home, exists } = surroundings;
  const host = environment['DOCKER_HOST'];
  if (host !== undefined && host !== '') return { kind: 'environment', host };
  const context = chooseContext(surroundings);
  if (context !== undefined) return context;
  const system = '/var/run/docker.sock';
  const runtime = environment['XDG_RUNTIME_DIR'];
  const sockets = [
    system,
    path.join(home, '.docker', 'run', 'docker.sock'),
    ...(runtime === undefined ? [] : [path.join(runtime, 'podman', 'podman.sock')]),
    '/run/podman/podman.sock',
  ];
  return { kind: 'socket', path: sockets.find(exists) ?? system };
}

function chooseContext({ environment, home, exists, read }: EngineSurroundings): EngineAddress | undefined {
  const settings = environment['DOCKER_CONFIG'] ?? path.join(home, '.docker');
  const chosen = environment['DOCKER_CONTEXT'];
  const name =
    chosen === undefined || chosen === ''
      ? textAt(parse(read(path.join(settings, 'config.json'))), ['currentContext'])
      : chosen;
  if (name === undefined || name === '' || name === 'default') return undefined;
  const id = createHash('sha256').update(name).digest('hex');
  const facts = parse(read(path.join(settings, 'contexts', 'meta', id, 'meta.json')));
  const host = textAt(facts, ['Endpoints', 'docker', 'Host']);
  if (host === undefined || host === '') return undefined;
  const certificates = path.join(settings, 'contexts', 'tls', id, 'docker');
  return {
    kind: 'context',
    name,
    host,
    ...(exists(path.join(certificates, 'cert.pem')) ? { certificates } : {}),
  };
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textAt(value: unknown, keys: readonly string[]): string | undefined {
  let place = value;
  for (const key of keys) {
    if (typeof place !== 'object' || place === null) return undefined;
    place = (place as Record<string, unknown>)[key];
  }
  return typeof place === 'string' ? place : undefined;
}

/** An address as a user would write it. */
export function addressText(address: EngineAddress): string {
  if (address.kind === 'socket') return `unix://${address.path}`;
  return address.kind === 'context' ? `${address.host} (context ${address.name})` : address.host;
}
