import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';

import type { ManagedSandbox } from '../../../src/sandbox/sandbox.js';

/** What an attacker is after, and what tells whether it got it. */
export interface World {
  /** Appears in every file and variable that must not be seen; never in a script. */
  readonly secret: string;
  /** Marks every process that an attack starts, by an argument. */
  readonly token: string;
  /** Folder of the host with all that follows. */
  readonly folder: string;
  readonly secretFile: string;
  readonly writableFile: string;
  /** A dataset's task with gold patch and hidden tests. */
  readonly dataset: string;
  /** A process of the host. */
  readonly victim: number;
  /** Port of a server of the host on all its addresses. */
  readonly port: number;
  /** Addresses of the host but loopback. */
  readonly addresses: readonly string[];
  /** Name of an abstract socket on which the host listens. */
  readonly abstractSocket: string;
  /** The partner's clone: as the partner sees it, and where it lies on the host. */
  readonly partner: { readonly workspace: string; readonly hostFolder: string };
  /** Everything that an attack could have changed. */
  look(): Promise<HostState>;
}

export interface HostState {
  /** Each path of the canary folder with its kind, mode, owner, times and content. */
  readonly files: Readonly<Record<string, string>>;
  readonly partnerFiles: Readonly<Record<string, string>>;
  readonly isVictimAlive: boolean;
  readonly connections: number;
  /** Command lines of the processes that carry the token. */
  readonly processes: readonly string[];
}

/** Name of the variable of the harness that holds the secret. */
export const SECRET_VARIABLE = 'TROUPE_CANARY_API_KEY';
/** A name that no other file of any machine has. */
export const SECRET_FILE_NAME = `troupe-canary-${process.pid}.secret`;

/** A world, and the function that ends it. */
export async function openWorld(
  partner: ManagedSandbox,
): Promise<{ world: World; close: () => Promise<void> }> {
  const secret = randomBytes(12).toString('hex');
  const token = `troupe-attack-${randomBytes(6).toString('hex')}`;
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'attack-canary-')));
  const dataset = path.join(folder, 'dataset', 'canary_task', 'task1');
  await mkdir(path.join(dataset, 'feature1'), { recursive: true });
  const files = {
    [SECRET_FILE_NAME]: secret,
    'writable.txt': 'as it was\n',
    'dataset/canary_task/task1/combined.patch': secret,
    'dataset/canary_task/task1/feature1/feature.patch': secret,
    'dataset/canary_task/task1/feature1/tests.patch': secret,
  };
  for (const [name, content] of Object.entries(files)) {
    // Open to everybody, so that nothing but the sandbox stands in the way.
    await writeFile(path.join(folder, name), content, { mode: 0o666 });
  }
  process.env[SECRET_VARIABLE] = secret;
  const victim = spawn('sleep', ['86400'], {
    stdio: 'ignore',
    env: { ...process.env, [SECRET_VARIABLE]: secret },
  });
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.end(secret);
  });
  const abstractSocket = `${token}-socket`;
  const abstractServer = net.createServer((socket) => {
    connections += 1;
    socket.end(secret);
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  await new Promise<void>((resolve) => abstractServer.listen(`\0${abstractSocket}`, resolve));
  await partner.writeFile('partner-only.txt', secret);
  const hostFolder = await partner.withFiles((place) => realpath(place));

  const world: World = {
    secret,
    token,
    folder,
    secretFile: path.join(folder, SECRET_FILE_NAME),
    writableFile: path.join(folder, 'writable.txt'),
    dataset,
    victim: victim.pid as number,
    port: (server.address() as net.AddressInfo).port,
    addresses: Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? [])
        .filter(({ family, internal }) => family === 'IPv4' && !internal)
        .map((each) => each.address),
    ),
    abstractSocket,
    partner: { workspace: partner.workspace, hostFolder },
    look: async () => ({
      files: await describeTree(folder),
      partnerFiles: await partner.withFiles((place) => describeTree(place)),
      isVictimAlive: isAlive(victim),
      connections,
      processes: processesWith(token),
    }),
  };
  const close = async (): Promise<void> => {
    delete process.env[SECRET_VARIABLE];
    victim.kill('SIGKILL');
    server.close();
    abstractServer.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { world, close };
}

const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** Each path below a folder with all of it that an attack could change. */
async function describeTree(folder: string): Promise<Record<string, string>> {
  const described: Record<string, string> = {};
  for (const name of await readdir(folder, { recursive: true })) {
    const file = path.join(folder, name);
    const stats = await lstat(file);
    const content = stats.isFile() ? await readFile(file, 'utf8') : '';
    described[name] = [stats.mode.toString(8), stats.nlink, content].join(' ');
  }
  return described;
}

/** Command lines of the living processes of this machine that carry a text. */
export function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => readOrEmpty(`/proc/${name}/cmdline`).replaceAll('\0', ' '))
    .filter((line) => line.includes(text));
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
