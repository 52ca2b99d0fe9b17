import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** The files of a task with features 1 and 2. */
export function taskFiles(task: string, text = 'text'): Record<string, string> {
  const files: Record<string, string> = {
    [`${task}/setup.sh`]: 'true\n',
    [`${task}/run_tests.sh`]: 'true\n',
    [`${task}/combined.patch`]: `combined ${text}\n`,
  };
  for (const feature of [1, 2]) {
    for (const name of ['feature.md', 'feature.patch', 'tests.patch']) {
      files[`${task}/feature${feature}/${name}`] = `${name} of ${feature}: ${text}\n`;
    }
  }
  return files;
}

export const subsetText = (...tasks: readonly (readonly [string, number])[]): string =>
  JSON.stringify({ tasks: tasks.map(([repo, id]) => ({ repo, task_id: id, pairs: [[1, 2]] })) });

/** Two tasks, two subsets, and files beside them that belong to no task. */
export function sampleFiles(): Record<string, string> {
  return {
    'README.md': 'about the dataset\n',
    'report.json': '{}\n',
    ...taskFiles('alpha_task/task1'),
    ...taskFiles('beta_task/task20'),
    'subsets/lite.json': subsetText(['alpha_task', 1]),
    'subsets/flash.json': subsetText(['beta_task', 20], ['gone_task', 3]),
  };
}

/** Every file below a folder by relative path, as text. */
export function textsBelow(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(folder, name);
    if (statSync(file).isFile()) found[name] = readFileSync(file, 'utf8');
  }
  return found;
}

/** What {@link sampleFiles} is in a dataset folder. */
export function takenFiles(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sampleFiles()).filter(([name]) => name.includes('/')),
  );
}
