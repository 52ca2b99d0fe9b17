import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { scenarios } from '../../scenarios/index.js';
import { UserMistake } from '../base/errors.js';
import { packageFolder } from '../base/version.js';
import { nearestNames } from '../dataset/nearest-names.js';
import { featureCount, type CompleteScenario } from '../scenario/scenario.js';
import { dealTeam, type CastMember } from '../simulation/team.js';
import { resultNames, runFolder, type ResultNames, type RunKey } from './result-names.js';

/** Where plans and patches of an earlier step are taken from. */
export type ResultLocation = 'logs' | 'cache';

export interface FileInterfaceOptions {
  /** Name of a scenario: one of {@link BenchSetting}, or any other that Troupe has. */
  readonly setting: string;
  readonly repoName: string;
  readonly taskId: number;
  /** Number of the repeat. Default 1. */
  readonly k?: number;
  readonly feature1Id: number;
  readonly feature2Id?: number;
  /** `provider/model`, e.g. `anthropic/claude-sonnet-4-5-20250929` or `scripted/gold`. */
  readonly model1: string;
  /** Default: `model1`. */
  readonly model2?: string;
  /** Saving to Hugging Face is not built yet; `false` is accepted for scripts of the Python tool. */
  readonly saveToHf?: boolean;
  /** Default: `./dataset` where it has the repository, else the bundled dataset. */
  readonly datasetFolder?: string;
  /** Default: `./logs`. */
  readonly logsFolder?: string;
}

/**
 * One run's place in the dataset and in the logs folder, with the names that the first Python release gave
 * its files (domain: results layout).
 */
export class FileInterface {
  readonly scenario: CompleteScenario;
  readonly setting: string;
  readonly repoName: string;
  readonly taskId: number;
  readonly k: number;
  readonly features: readonly number[];
  readonly models: readonly [string, ...string[]];
  readonly team: readonly CastMember[];
  readonly key: RunKey;
  readonly names: ResultNames;
  readonly datasetFolder: string;
  /** Absolute path of the run's folder under the logs folder. */
  readonly folder: string;
  readonly #relative: string;
  readonly #options: FileInterfaceOptions;

  /** @throws {UserMistake} for an unknown setting, a wrong number of features or a name that is no model's. */
  constructor(options: FileInterfaceOptions) {
    this.#options = options;
    this.scenario = findScenario(options.setting);
    this.setting = this.scenario.name;
    this.repoName = options.repoName;
    this.taskId = options.taskId;
    this.k = options.k ?? 1;
    if (!Number.isInteger(this.k) || this.k < 1) {
      throw new UserMistake(`${this.k} is no number of a repeat`, {
        code: 'k-invalid',
        where: '--k',
        remedy: 'count repeats from 1',
      });
    }
    if (options.saveToHf === true) {
      throw new UserMistake('results cannot be saved to Hugging Face yet', {
        code: 'hf-not-available',
        where: 'saveToHf',
        remedy: 'leave it out or pass --not-save-to-hf',
      });
    }
    this.features = chosenFeatures(this.scenario, options);
    this.models = [options.model1, options.model2 ?? options.model1];
    this.team = dealTeam(this.scenario, this.features, this.models);
    this.key = {
      setting: this.setting,
      repoName: this.repoName,
      taskId: this.taskId,
      features: this.features,
      models: this.team.map((member) => member.model),
      dealt: this.team.map((member) => member.features),
      k: this.k,
    };
    this.names = resultNames(this.key);
    this.#relative = runFolder(this.key);
    this.datasetFolder = options.datasetFolder ?? defaultDatasetFolder(this.repoName);
    this.folder = path.resolve(options.logsFolder ?? 'logs', this.#relative);
  }

  /** The same run by other models: one for the whole team. */
  withModel(model: string): FileInterface {
    const { model2: _other, ...options } = this.#options;
    return new FileInterface({ ...options, model1: model });
  }

  /** Absolute path of the copy that `cache` locations read: outlives a deleted logs folder. */
  get cacheFolder(): string {
    return path.join(resultsCacheFolder(process.env), this.#relative);
  }

  /**
   * An agent's plan from an earlier planning.
   *
   * @param agent index in the team.
   * @throws {UserMistake} where there is none.
   */
  async readPlan(agent: number, location: ResultLocation): Promise<string> {
    const bytes = await this.#read(this.names.plan(agent), location, '--plan-location', 'troupe plan');
    return bytes.toString('utf8');
  }

  /** An agent's patch from an earlier execution; see {@link readPlan}. */
  readPatch(agent: number, location: ResultLocation): Promise<Buffer> {
    return this.#read(this.names.patch(agent), location, '--patch-location', 'troupe execute');
  }

  async #read(name: string, location: ResultLocation, field: string, command: string): Promise<Buffer> {
    const file = path.join(location === 'logs' ? this.folder : this.cacheFolder, name);
    try {
      return await readFile(file);
    } catch (error) {
      throw new UserMistake(`${file} does not exist`, {
        code: 'result-not-found',
        where: `${field} ${location}`,
        remedy: `run "${command}" with the same options first, or choose another ${field}`,
        cause: error,
      });
    }
  }
}

/** `$TROUPE_CACHE_DIR/results`, else `troupe/results` in `$XDG_CACHE_HOME` or `~/.cache`. */
export function resultsCacheFolder(environment: NodeJS.ProcessEnv): string {
  const own = environment['TROUPE_CACHE_DIR'];
  if (own) return path.join(path.resolve(own), 'results');
  return path.join(environment['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'troupe', 'results');
}

/** `./dataset` where it holds the repository (or any, where none is named), else the dataset of the package. */
export function defaultDatasetFolder(repoName?: string): string {
  const local = path.resolve('dataset');
  return existsSync(repoName === undefined ? local : path.join(local, repoName))
    ? local
    : path.join(packageFolder(), 'dataset');
}

/** @throws {UserMistake} for a name that no scenario has. */
export function findScenario(name: string): CompleteScenario {
  const scenario = scenarios.get(name);
  if (scenario !== undefined) return scenario;
  const known = [...scenarios.keys()];
  const [near] = nearestNames(name, known);
  throw new UserMistake(`there is no setting "${name}"`, {
    code: 'setting-unknown',
    where: '--setting',
    remedy: `${near === undefined ? '' : `did you mean ${near}? `}use one of ${known.join(', ')}`,
  });
}

function chosenFeatures(scenario: CompleteScenario, options: FileInterfaceOptions): number[] {
  const needed = featureCount(scenario);
  const given = [options.feature1Id, options.feature2Id].filter((id) => id !== undefined);
  if (given.length === needed) return given;
  throw new UserMistake(
    needed > given.length
      ? `${scenario.name} needs a second feature`
      : `${scenario.name} takes one feature, not two`,
    {
      code: 'feature-count',
      where: '--feature2-id',
      remedy: needed > given.length ? 'add --feature2-id <id>' : 'leave --feature2-id out',
    },
  );
}
