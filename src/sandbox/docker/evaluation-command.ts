import type { ContainerLayout } from './layout.js';

/** Where CooperBench's images keep their test runner. */
export const RUNNER = '/usr/local/bin/runner.sh';

export interface EvaluationPlace {
  readonly layout: ContainerLayout;
  /** Whether the image brings {@link RUNNER}. */
  readonly hasRunner: boolean;
  /** See `Sandbox.workspace`. */
  readonly workspace: string;
  /** See `ManagedSandbox.inputs`. */
  readonly inputs: string;
}

/** Names of files among the sandbox's inputs. */
export interface EvaluationInputs {
  /** The task's run_tests.sh; `undefined` where the task has none. */
  readonly testScript: string | undefined;
  readonly testsPatch: string;
  readonly featurePatch?: string | undefined;
}

export type EvaluationCommand =
  | {
      /** `runner`: the image's own; `script`: the task's run_tests.sh. */
      readonly by: 'runner' | 'script';
      readonly command: readonly [string, ...string[]];
    }
  /** The image brings no runner, and the task no script. */
  | { readonly by: 'nothing' };

/**
 * How a task's tests are run in a sandbox. In CooperBench's images it is by their runner, which takes the names of
 * patches in /patches and knows where the repository is: `runner.sh <tests.patch> [<feature.patch>]`. Elsewhere it
 * is by the task's script: `run_tests.sh <clone> <tests.patch> [<feature.patch>]`.
 */
export function evaluationCommand(place: EvaluationPlace, inputs: EvaluationInputs): EvaluationCommand {
  const patches = [inputs.testsPatch, ...(inputs.featurePatch === undefined ? [] : [inputs.featurePatch])];
  if (place.layout === 'cooperbench' && place.hasRunner) {
    return { by: 'runner', command: ['bash', RUNNER, ...patches] };
  }
  if (inputs.testScript === undefined) return { by: 'nothing' };
  const input = (name: string): string => `${place.inputs}/${name}`;
  return {
    by: 'script',
    command: ['bash', input(inputs.testScript), place.workspace, ...patches.map(input)],
  };
}
