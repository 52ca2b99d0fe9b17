import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** User and group number that every command has inside. */
export const INSIDE_ID = 1000;
export const INSIDE_HOST_NAME = 'troupe';

const FILES: Readonly<Record<string, string>> = {
  passwd: `root:x:0:0:root:/:/usr/sbin/nologin
agent:x:${INSIDE_ID}:${INSIDE_ID}:agent:/home/agent:/bin/bash
nobody:x:65534:65534:nobody:/:/usr/sbin/nologin
`,
  group: `root:x:0:\nagent:x:${INSIDE_ID}:\nnogroup:x:65534:\n`,
  hosts: `127.0.0.1 localhost ${INSIDE_HOST_NAME}\n::1 localhost ${INSIDE_HOST_NAME}\n`,
  hostname: `${INSIDE_HOST_NAME}\n`,
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  'resolv.conf': '',
};

/** Files of the machine that programs need and that say nothing of its users. */
const COPIED = ['ld.so.cache', 'localtime', 'services', 'protocols', 'mime.types', 'os-release', 'shells'];

/**
 * Makes the sandbox's own /etc: names that do not depend on the machine, and no file of it that could hold a
 * secret. What `shown` names below /etc gets an empty folder to be shown in.
 */
export async function makePrivateEtc(folder: string, shown: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const places = shown
    .filter((place) => place.startsWith('/etc/'))
    .map((place) => place.slice('/etc/'.length));
  await Promise.all([
    ...places.map((place) => mkdir(path.join(folder, place), { recursive: true })),
    ...Object.entries(FILES).map(([name, content]) => writeFile(path.join(folder, name), content)),
    ...COPIED.map((name) =>
      cp(path.join('/etc', name), path.join(folder, name), { dereference: true }).catch(() => {}),
    ),
  ]);
}
