import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';

import { UserMistake } from '../../base/errors.js';

/** What a confined sandbox sees of the machine, all of it read-only. */
export interface SystemView {
  /** Absolute paths of files and folders that are shown where they lie. */
  readonly shown: readonly string[];
  /** Symbolic links of the file system's root: name → target. */
  readonly links: Readonly<Record<string, string>>;
  /** Folders below those shown that are empty inside. */
  readonly hidden: readonly string[];
}

export interface SystemViewRequest {
  /** The environment that the sandbox's commands get; its toolchain folders are shown. */
  readonly environment: Readonly<Record<string, string>>;
  /** Home folder of the user who runs Troupe. */
  readonly home: string;
  /** Further folders that the user wants shown. */
  readonly readable: readonly string[];
  /** Folders that must never be seen, wherever they lie: datasets with gold patches, logs, caches. */
  readonly hidden: readonly string[];
}

const ROOT_FOLDERS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];
const PROGRAM_FOLDERS = ['/usr', '/opt', '/nix/store', '/gnu/store'];

/** Parts of /etc that programs need and that hold no secret; the rest of it is the sandbox's own. */
const ETC_FOLDERS = ['alternatives', 'ssl/certs', 'pki/tls/certs', 'ca-certificates', 'fonts', 'terminfo'];

/** Where toolchains keep programs below a home folder; nothing else of it is ever shown. */
const HOME_TOOLCHAINS = [
  '.rustup',
  '.cargo/bin',
  '.pyenv',
  '.volta',
  '.asdf',
  '.nvm/versions',
  '.sdkman/candidates',
  '.local/share/uv/python',
  '.local/share/mise/installs',
];

/**
 * Looks at the machine.
 *
 * @throws {UserMistake} for a folder that the user wants shown and that cannot be.
 */
export function inspectSystem(request: SystemViewRequest): SystemView {
  for (const folder of request.readable) {
    const isOwn = isBelowAny(realpath(folder), OWN_FOLDERS) || isBelowAny(folder, OWN_FOLDERS);
    if (isOwn || !mayBeShown(folder, request.home)) throw notShown(folder);
  }
  const links: Record<string, string> = {};
  const shown = new Set<string>();
  for (const folder of PROGRAM_FOLDERS) if (existsSync(folder)) shown.add(folder);
  for (const name of ROOT_FOLDERS) {
    const folder = `/${name}`;
    if (!existsSync(folder)) continue;
    if (lstatSync(folder).isSymbolicLink()) links[name] = readlinkSync(folder);
    else shown.add(folder);
  }
  for (const name of ETC_FOLDERS) if (existsSync(`/etc/${name}`)) shown.add(`/etc/${name}`);
  for (const folder of toolchainFolders(request)) {
    if (existsSync(folder) && mayBeShown(folder, request.home)) shown.add(folder);
  }
  const outermost = withoutNested([...shown]);
  const hidden = [...new Set(request.hidden.filter((folder) => existsSync(folder)).map(realpath))];
  return { shown: outermost, links, hidden: hidden.filter((folder) => isBelowAny(folder, outermost)) };
}

function toolchainFolders({ environment, home, readable }: SystemViewRequest): string[] {
  const node = path.dirname(path.dirname(realpath(process.execPath)));
  const named = Object.entries(environment)
    .filter(([name, value]) => /_(HOME|ROOT|DIR)$|^GOROOT$/.test(name) && path.isAbsolute(value))
    .map(([, value]) => value);
  return [node, ...named, ...HOME_TOOLCHAINS.map((name) => path.join(home, name)), ...readable];
}

/** Where a sandbox has files of its own. */
const OWN_FOLDERS = ['/tmp', '/dev', '/workspace', '/home/agent', '/etc'];

function notShown(folder: string): UserMistake {
  return new UserMistake(`${folder} cannot be shown to a confined sandbox`, {
    code: 'cannot-show',
    where: 'readable',
    remedy: 'name a folder that holds programs alone, and does not lie where a sandbox has its own',
  });
}

const NEVER = [
  '/',
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/home',
  '/mnt',
  '/proc',
  '/root',
  '/run',
  '/sys',
].concat(['/srv', '/tmp', '/usr', '/var', '/workspace']);

/** Whether a folder may be shown: none that holds more than programs, such as a home or all of /var. */
export function mayBeShown(folder: string, home: string): boolean {
  const place = realpath(folder);
  if (NEVER.includes(place)) return false;
  return (
    !isBelowAny(realpath(home), [place]) && !['/proc', '/sys', '/dev'].some((of) => isBelowAny(place, [of]))
  );
}

/** The search path without what cannot be seen inside. */
export function visibleSearchPath(searchPath: string, view: SystemView): string {
  const roots = [...view.shown, ...Object.keys(view.links).map((name) => `/${name}`)];
  return searchPath
    .split(path.delimiter)
    .filter((folder) => isBelowAny(folder, roots))
    .join(path.delimiter);
}

function withoutNested(folders: readonly string[]): string[] {
  return folders.filter(
    (folder) => !folders.some((other) => other !== folder && isBelowAny(folder, [other])),
  );
}

function isBelowAny(place: string, folders: readonly string[]): boolean {
  return folders.some((folder) => place === folder || place.startsWith(`${folder}/`));
}

function realpath(place: string): string {
  try {
    return realpathSync(place);
  } catch {
    return path.resolve(place);
  }
}
