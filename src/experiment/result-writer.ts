import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { eventsOf, type RunEvent } from '../log/event.js';
import { aggregatedResults, readReports } from './aggregated-results.js';
import { planningMessages, type ConversationMessage } from './conversation-file.js';
import type { FileInterface } from './file-interface.js';
import { resultFiles, type ResultContext } from './result-files.js';

/** Writes a run's result files, each whole or not at all, with a copy in the cache. */
export class ResultWriter {
  readonly #files: FileInterface;
  readonly #attachments: string;
  readonly #context: Omit<ResultContext, 'output'>;
  readonly #written = new Map<string, string>();

  /** @param attachments folder of the run's attachments. */
  constructor(files: FileInterface, attachments: string, context: Omit<ResultContext, 'output'> = {}) {
    this.#files = files;
    this.#attachments = attachments;
    this.#context = context;
  }

  /** Absolute paths of what was written, copies left out. */
  get written(): readonly string[] {
    return [...this.#written.keys()];
  }

  /** Writes what the events hold the material for, and was not written before. */
  async write(events: readonly RunEvent[]): Promise<void> {
    const { key, folder, cacheFolder } = this.#files;
    const results = resultFiles(events, key, {
      ...this.#context,
      output: (name) => this.#output(name),
    });
    if (eventsOf(events, 'verdict-reached').length > 0) await this.#removeOldDiffs(results);
    for (const { name, content } of results) await this.#put(folder, cacheFolder, name, content);
    if (eventsOf(events, 'verdict-reached').length > 0) await this.#aggregate(results);
  }

  /** A rung's diff of an earlier evaluation would seem to belong to this one. */
  async #removeOldDiffs(results: readonly { name: string }[]): Promise<void> {
    const { names, folder, cacheFolder } = this.#files;
    const present = new Set(results.map(({ name }) => name));
    if (!present.has(names.mergeReport)) return;
    for (const rung of ['naive', 'union', 'llm'] as const) {
      const name = names.mergeDiff(rung);
      if (present.has(name)) continue;
      for (const place of [folder, cacheFolder]) await rm(path.join(place, name), { force: true });
    }
  }

  async #aggregate(results: readonly { name: string }[]): Promise<void> {
    const { names, key, folder, cacheFolder } = this.#files;
    const report = key.models.length > 1 ? names.mergeReport : names.testResult(0);
    if (!results.some(({ name }) => name === report)) return;
    const taskFolder = path.dirname(folder);
    const aggregate = aggregatedResults(key, await readReports(taskFolder, key));
    const content = `${JSON.stringify(aggregate, null, 2)}\n`;
    await this.#put(taskFolder, path.dirname(cacheFolder), names.aggregatedResults, content);
  }

  async #put(folder: string, cacheFolder: string, name: string, content: string | Buffer): Promise<void> {
    const file = path.join(folder, name);
    const text = content.toString('latin1');
    if (this.#written.get(file) === text) return;
    for (const place of [folder, cacheFolder]) {
      await mkdir(place, { recursive: true });
      await writeFileAtomic(path.join(place, name), content);
    }
    this.#written.set(file, text);
  }

  #output(name: string): string {
    try {
      return readFileSync(path.join(this.#attachments, name), 'utf8');
    } catch {
      return '';
    }
  }
}

/** The messages of the planning that an execution goes on from, as its conversation file holds them. */
export async function earlierPlanning(folder: string, name: string): Promise<ConversationMessage[]> {
  return planningMessages(await readFile(path.join(folder, name), 'utf8').catch(() => undefined));
}
