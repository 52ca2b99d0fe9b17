import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import Docker from 'dockerode';

import { describeError, InfrastructureFault, TroupeError, UserMistake } from '../../base/errors.js';
import { addressText, chooseEngine, type EngineAddress } from './engine-address.js';

/** What an engine says about itself. */
export interface EngineFacts {
  readonly address: string;
  readonly version: string;
  readonly operatingSystem: string;
  readonly cpus: number;
  /** Whether a container's disk use can be limited on it. */
  readonly limitsDisk: boolean;
}

/** A client for the engine that the docker command would use; see {@link chooseEngine}. Connects to nothing yet. */
export function connectEngine(address: EngineAddress = engineHere()): Docker {
  switch (address.kind) {
    case 'environment':
      return new Docker();
    case 'socket':
      return new Docker({ socketPath: address.path });
    case 'context':
      return new Docker(contextOptions(address.host, address.certificates));
  }
}

/** The address of the engine of this process's environment. */
export function engineHere(): EngineAddress {
  return chooseEngine({
    environment: process.env,
    home: homedir(),
    exists: existsSync,
    read: (file) => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined;
      }
    },
  });
}

function contextOptions(host: string, certificates: string | undefined): Docker.DockerOptions {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  if (host.startsWith('npipe://')) return { socketPath: host.slice('npipe://'.length) };
  const url = new URL(host.includes('//') ? host : `tcp://${host}`);
  const place = { host: url.hostname, ...(url.port === '' ? {} : { port: url.port }) };
  if (url.protocol === 'ssh:') {
    const agent = process.env['SSH_AUTH_SOCK'];
    return {
      ...place,
      protocol: 'ssh',
      username: url.username,
      ...(agent === undefined ? {} : { sshOptions: { agent } }),
    };
  }
  if (certificates === undefined) return { ...place, protocol: 'http' };
  const read = (name: string): Buffer => readFileSync(path.join(certificates, name));
  return {
    ...place,
    protocol: 'https',
    ca: existsSync(path.join(certificates, 'ca.pem')) ? read('ca.pem') : undefined,
    cert: read('cert.pem'),
    key: read('key.pem'),
  } as Docker.DockerOptions;
}

/**
 * Asks the engine who it is.
 *
 * @throws {UserMistake} `docker-unreachable` when no engine answers.
 */
export async function describeEngine(
  docker: Docker,
  address: EngineAddress = engineHere(),
): Promise<EngineFacts> {
  try {
    const info = (await docker.info()) as Record<string, unknown>;
    return {
      address: addressText(address),
      version: String(info['ServerVersion'] ?? 'unknown'),
      operatingSystem: String(info['OperatingSystem'] ?? 'unknown'),
      cpus: Number(info['NCPU']) || 1,
      limitsDisk: storageLimitsDisk(String(info['Driver']), info['DriverStatus']),
    };
  } catch (error) {
    throw unreachable(error, address);
  }
}

/** Whether the storage driver takes a size; the engine itself documents which do. */
export function storageLimitsDisk(driver: string, status: unknown): boolean {
  if (['btrfs', 'zfs', 'devicemapper', 'windowsfilter'].includes(driver)) return true;
  if (!driver.startsWith('overlay') || !Array.isArray(status)) return false;
  return status.some(
    (row: unknown) => Array.isArray(row) && row[0] === 'Backing Filesystem' && row[1] === 'xfs',
  );
}

const CONNECTION_FAILURES = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'EACCES',
  'EPERM',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);

/** The fault behind an error of dockerode: a mistake where the engine is not there, else a fault of the world. */
export function unreachable(error: unknown, address: EngineAddress = engineHere()): TroupeError {
  if (error instanceof TroupeError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (!CONNECTION_FAILURES.has(code)) return engineFault('the Docker engine failed', error);
  return new UserMistake(`no Docker engine answers at ${addressText(address)} (${code})`, {
    code: 'docker-unreachable',
    where: '--sandbox docker',
    remedy:
      code === 'EACCES'
        ? 'let this user use the socket (group docker), or set DOCKER_HOST'
        : 'start Docker, or set DOCKER_HOST; `troupe doctor` says what this machine can do',
    cause: error,
  });
}

/** An answer of the engine that nobody asked for. */
export function engineFault(what: string, error: unknown, code = 'docker-failed'): InfrastructureFault {
  return new InfrastructureFault(`${what}: ${describeError(error)}`, { code, cause: error });
}

/** The HTTP status of an error of dockerode, e.g. 404. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}
