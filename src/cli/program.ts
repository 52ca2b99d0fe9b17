import { Command, Option } from '@commander-js/extra-typings';
import { troupeVersion } from '../base/version.js';
import { addRunFlags, positiveNumber, wholeNumber } from './run-flags.js';

// Commands load their own code when they are called, so that --help is there at once.

/** A subcommand that fails and helps as the program does. */
function subcommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).copyInheritedSettings(parent);
}

const planLocation = () =>
  new Option('--plan-location <place>', 'where the plans are')
    .choices(['logs', 'cache'] as const)
    .default('logs' as const);
const patchLocation = () =>
  new Option('--patch-location <place>', 'where the patches are')
    .choices(['logs', 'cache', 'gold'] as const)
    .default('logs' as const);

function addDatasetFlags(command: Command) {
  return command
    .option('--repo-name <name>', 'only this repository')
    .option('--task-id <number>', 'only this task')
    .option('--dataset-dir <folder>', 'dataset folder (default: ./dataset, else the bundled one)')
    .option('--json', 'print the result as JSON on stdout, everything else on stderr', false);
}

/** The command line: every command with its options. Parsing one runs it. */
export function buildProgram(): Command {
  const program: Command = new Command('troupe')
    .description('Simulate teams of coding agents: plan, execute, merge, test, verdict.')
    .version(troupeVersion())
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({
      optionTerm: (option) => option.flags.replace(/^--model([12])/, '-m$1, --model$1'),
      showGlobalOptions: false,
    });

  subcommand(program, 'demo', 'Run every setting on a bundled task with scripted agents; no key needed.')
    .option('--logs-dir <folder>', 'where results are written', 'logs')
    .option('--seed <text>', 'seed of everything that is drawn', '1')
    .option('--json', 'print the results as JSON on stdout, everything else on stderr', false)
    .action(async (flags) => (await import('./commands/demo.js')).demo(flags));

  addRunFlags(subcommand(program, 'run', 'Plan, execute and evaluate one run.'))
    .option('--max-iterations <number>', 'model calls an agent may make while planning', wholeNumber(1))
    .option('--max-actions <number>', 'steps an agent may make while working', wholeNumber(1))
    .option('--max-minutes <number>', 'minutes an agent may work', positiveNumber)
    .option('--merge-model <name>', 'model that resolves conflicts (default: the first live model)')
    .action(async (flags) => {
      const { maxIterations } = flags;
      const { runAll } = await import('../experiment/steps.js');
      const { runStep } = await import('./commands/pipeline.js');
      const planning = maxIterations === undefined ? {} : { maxIterations };
      await runStep({ flags, step: (files, options) => runAll(files, { ...options, ...planning }) });
    });

  addRunFlags(subcommand(program, 'plan', 'Have the agents plan.'))
    .option('--max-iterations <number>', 'model calls an agent may make while planning', wholeNumber(1))
    .action(async (flags) => {
      const { maxIterations } = flags;
      const { createPlan } = await import('../experiment/steps.js');
      const { runStep } = await import('./commands/pipeline.js');
      const planning = maxIterations === undefined ? {} : { maxIterations };
      await runStep({ flags, step: (files, options) => createPlan(files, { ...options, ...planning }) });
    });

  addRunFlags(subcommand(program, 'execute', 'Have the agents carry out the plans they made.'))
    .addOption(planLocation())
    .option('--max-actions <number>', 'steps an agent may make', wholeNumber(1))
    .option('--max-minutes <number>', 'minutes an agent may work', positiveNumber)
    .action(async (flags) => {
      const { createExecution } = await import('../experiment/steps.js');
      const { runStep } = await import('./commands/pipeline.js');
      await runStep({
        flags,
        step: (files, options) => createExecution(files, { ...options, planLocation: flags.planLocation }),
      });
    });

  addRunFlags(
    subcommand(program, 'evaluate', 'Merge and test the patches the agents made, or the gold patches.'),
  )
    .addOption(patchLocation())
    .addOption(
      new Option(
        '--eval-type <kind>',
        'test each patch by itself, or merge them (default: as the setting says)',
      ).choices(['test', 'merge'] as const),
    )
    .option('--merge-model <name>', 'model that resolves conflicts (default: the first live model)')
    .action(async (flags) => {
      const { evaluate } = await import('../experiment/steps.js');
      const { runStep } = await import('./commands/pipeline.js');
      const { patchLocation: place, evalType } = flags;
      await runStep({
        flags,
        ...(place === 'gold' ? { fallbackModel: 'scripted/gold' } : {}),
        step: (files, options) =>
          evaluate(files, {
            ...options,
            patchLocation: place,
            ...(evalType === undefined ? {} : { evalType }),
          }),
      });
    });

  subcommand(
    program,
    'doctor',
    'Say what this machine can do, what is missing, and the command that mends it.',
  )
    .option('--clean', 'remove what runs left that were killed: processes, folders, containers', false)
    .option('--json', 'print the findings as JSON on stdout, everything else on stderr', false)
    .action(async (flags) => (await import('./commands/doctor.js')).doctor(flags));

  const images = subcommand(program, 'images', 'Look at and build the Docker images that tasks need.');
  addDatasetFlags(subcommand(images, 'list', 'List the images, and whether the engine has them.')).action(
    async (flags) => (await import('./commands/images.js')).listImages(flags),
  );
  addDatasetFlags(
    subcommand(images, 'build', 'Build those that are missing, from a task’s Dockerfile or the base image.'),
  )
    .option('--force', 'build what is there already, too', false)
    .action(async (flags) => (await import('./commands/images.js')).buildImages(flags));

  const dataset = subcommand(program, 'dataset', 'Look at and check tasks in CooperBench’s layout.');

  addDatasetFlags(subcommand(dataset, 'list', 'List tasks, features and pairs.')).action(async (flags) =>
    (await import('./commands/dataset.js')).listDataset(flags),
  );
  addDatasetFlags(
    subcommand(
      dataset,
      'check',
      'Prove that each feature’s tests fail without its gold patch and pass with it and with all.',
    ),
  ).action(async (flags) => (await import('./commands/dataset.js')).datasetCheck(flags));
  addDatasetFlags(
    subcommand(
      dataset,
      'conflicts',
      'Merge every pair’s gold patches without running a test: clean, conflicts or missing_input.',
    ),
  ).action(async (flags) => (await import('./commands/dataset.js')).datasetConflicts(flags));

  subcommand(dataset, 'prepare', 'Put the public dataset, or another, into the dataset folder and verify it.')
    .option('--from <source>', 'folder, git URL or Hugging Face dataset (default: the public dataset)')
    .addOption(
      new Option('--subset <name>', 'only the tasks that this subset names').choices([
        'lite',
        'flash',
      ] as const),
    )
    .option('--dataset-dir <folder>', 'folder that the tasks are put into', 'dataset')
    .option('--json', 'print the result as JSON on stdout, everything else on stderr', false)
    .action(async (flags) => (await import('./commands/dataset-prepare.js')).datasetPrepare(flags));

  return program;
}
