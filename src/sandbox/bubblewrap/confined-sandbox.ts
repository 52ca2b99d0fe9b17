import { homedir } from 'node:os';

import { UserMistake } from '../../base/errors.js';
import { packageFolder } from '../../base/version.js';
import { createFolderProvider } from '../folder-provider.js';
import { sandboxEnvironment } from '../sandbox-environment.js';
import type { SandboxProvider } from '../sandbox.js';
import { confinedPlaces, INSIDE, type Helpers } from './bubblewrap-arguments.js';
import { BubblewrapEnclosure } from './bubblewrap-enclosure.js';
import { findControlGroups } from './control-group.js';
import { findBubblewrap, findSystemProgram, isAtLeast, type BubblewrapFinding } from './find-bubblewrap.js';
import { completeConfinedLimits, type ConfinedLimits } from './limits.js';

import { seccompFilter } from './seccomp-filter.js';
import { inspectSystem, visibleSearchPath } from './system-view.js';

export interface ConfinedSandboxOptions {
  /** Folder under which sandboxes are made; chosen by `chooseWorkRoot` where absent. */
  readonly workRoot?: string;
  /** What a sandbox may use at most; see {@link ConfinedLimits} for defaults. */
  readonly limits?: Partial<ConfinedLimits>;
  /** Absolute paths of further folders of the machine that commands may read, e.g. of a toolchain. */
  readonly readable?: readonly string[];
  /** Absolute paths of folders that no command may see, wherever they lie; Troupe's own is always among them. */
  readonly hidden?: readonly string[];
  /** Absolute path of bubblewrap; looked for in the system's folders where absent. */
  readonly bubblewrap?: string;
  /** Whether the kernel counts memory and processes together, where this user may ask it to. Default true. */
  readonly controlGroups?: boolean;
}

/**
 * Sandboxes confined by bubblewrap (Linux): a command sees the system's programs read-only and can write its clone
 * and a home, temporary and shared-memory folder of its own; it has no network, no other process, no key and no
 * file of the user's. Its clone is always at `/workspace/agent_workspace/<folderName>`. All its processes end
 * with it, so none serves later commands.
 *
 * The first `create` throws a {@link UserMistake} where this machine cannot confine.
 */
export function createConfinedSandboxProvider(options: ConfinedSandboxOptions = {}): SandboxProvider {
  const limits = completeConfinedLimits(options.limits);
  const filter = seccompFilter();
  let bubblewrap: Promise<{ helpers: Helpers; version: string }> | undefined;
  return createFolderProvider({
    kind: 'confined',
    workRoot: options.workRoot,
    async enclose(places, request) {
      bubblewrap ??= findBubblewrap(options.bubblewrap).then(requireBubblewrap);
      const { helpers, version } = await bubblewrap;
      const environment = sandboxEnvironment({
        name: request.name,
        home: INSIDE.home,
        temporary: INSIDE.temporary,
        harness: process.env,
        harnessHome: homedir(),
      });
      const view = inspectSystem({
        environment,
        home: homedir(),
        readable: options.readable ?? [],
        hidden: [packageFolder(), ...(options.hidden ?? [])],
      });
      return new BubblewrapEnclosure({
        confinement: {
          places: confinedPlaces(places),
          workspace: `${INSIDE.workspaces}/${request.folderName}`,
          view,
          features: {
            hasSeccomp: filter !== undefined,
            canDisableNamespaces: isAtLeast(version, [0, 8]),
          },
        },
        environment: { ...environment, PATH: visibleSearchPath(environment['PATH'] ?? '', view) },
        helpers,
        limits,
        filter,
        groups: options.controlGroups === false ? undefined : findControlGroups(),
      });
    },
  });
}

function requireBubblewrap(finding: BubblewrapFinding): { helpers: Helpers; version: string } {
  if (finding.state === 'works') {
    const { program, version } = finding;
    return { helpers: { bubblewrap: program, prlimit: findSystemProgram('prlimit') }, version };
  }
  throw new UserMistake(
    finding.state === 'missing'
      ? 'this machine has no bubblewrap to confine commands with'
      : `bubblewrap cannot confine here: ${finding.reason}`,
    { code: 'cannot-confine', where: '--sandbox confined', remedy: 'see `troupe doctor`' },
  );
}
