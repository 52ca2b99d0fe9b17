import type { Container } from 'dockerode';

import { InfrastructureFault } from '../../base/errors.js';
import type { SandboxRequest } from '../sandbox.js';
import { startInContainer } from './container-command.js';
import { engineFault } from './engine.js';
import { NOBODY, type ContainerLayout, type ContainerPlaces } from './layout.js';
import { packArchive, type ArchivePart, type Owner } from './pack-archive.js';

const ROOT: Owner = { user: 0, group: 0 };

/** What the volume of a request's inputs holds; `undefined` where there are none. */
export function inputsVolume({ inputs }: Pick<SandboxRequest, 'inputs'>): ArchivePart[] | undefined {
  const files = Object.entries(inputs ?? {});
  if (files.length === 0) return undefined;
  return [
    { kind: 'folder', name: 'volume', mode: 0o555, owner: NOBODY },
    ...files.map(([name, content]): ArchivePart => ({
      kind: 'file',
      name: `volume/${name}`,
      mode: 0o444,
      owner: NOBODY,
      content,
    })),
  ];
}

/** Takes the image's repository out of its folder, and leaves what was installed beside it. */
const MAKE_ROOM = `
cd -- "$1" 2> /dev/null || exit 0
git -c safe.directory='*' -c core.fsmonitor=false ls-files -z | xargs -0 --no-run-if-empty rm -f -- || exit 1
rm -rf .git
`;

/** Puts the clone, which lies in a folder of the host, into a running container. */
export async function fillContainer(
  container: Container,
  layout: ContainerLayout,
  places: ContainerPlaces,
  folder: string,
): Promise<void> {
  try {
    if (layout === 'cooperbench') await makeRoom(container, places.workspace);
    const archive = packArchive(
      layout === 'cooperbench' ? imageParts(places, folder) : ownParts(places, folder),
    );
    const failed = new Promise<never>((_, reject) => archive.once('error', reject));
    await Promise.race([container.putArchive(archive, { path: '/' }), failed]);
  } catch (error) {
    if (error instanceof InfrastructureFault) throw error;
    throw engineFault('the clone could not be put into its container', error, 'sandbox-not-created');
  }
}

function ownParts(places: ContainerPlaces, folder: string): ArchivePart[] {
  const owner = places.owner ?? ROOT;
  const inside = (place: string): string => place.replace(/^\//, '');
  return [
    // The agent may change what is in its clone, but put nothing in the clone's place.
    { kind: 'folder', name: 'workspace', mode: 0o755, owner: ROOT },
    { kind: 'folder', name: 'workspace/agent_workspace', mode: 0o755, owner: ROOT },
    ...(places.home === undefined
      ? []
      : [{ kind: 'folder' as const, name: inside(places.home), mode: 0o700, owner }]),
    { kind: 'folder', name: inside(places.workspace), mode: 0o755, owner },
    { kind: 'tree', name: inside(places.workspace), owner, folder },
  ];
}

function imageParts(places: ContainerPlaces, folder: string): ArchivePart[] {
  return [{ kind: 'tree', name: places.workspace.replace(/^\//, ''), owner: places.owner ?? ROOT, folder }];
}

async function makeRoom(container: Container, workspace: string): Promise<void> {
  let said = '';
  const running = await startInContainer(container, {
    command: ['bash', '-c', MAKE_ROOM, 'troupe', workspace],
    environment: [],
    take: (_, bytes) => {
      said = (said + bytes.toString('utf8')).slice(-1000);
    },
  });
  const exitCode = await running.exitCode;
  if (exitCode === 0) return;
  throw new InfrastructureFault(
    `the image's repository could not be taken out (exit code ${exitCode}): ${said}`,
    {
      code: 'sandbox-not-created',
      where: workspace,
      remedy: "use an image in CooperBench's layout: git, findutils and a clone at /workspace/repo",
    },
  );
}
