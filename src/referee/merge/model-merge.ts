import type { GitStore } from '../../git/git-store.js';
import type { MergeConflict } from '../../git/merge-commits.js';
import type { FileReplacement } from '../../git/replace-files.js';
import type { ChatModel, ChatRequest, TokenUsage } from '../../model/chat-model.js';
import { ModelError } from '../../model/model-error.js';
import { parseConflictRegions, splitLines } from './conflict-markers.js';
import type { Branch } from './merge-branches.js';
import {
  MERGE_SYSTEM_PROMPT,
  readResolution,
  regionPrompt,
  UnusableResolution,
} from './model-merge-prompt.js';

/** One question to the merging model. */
export interface MergeCall {
  readonly request: ChatRequest;
  readonly file: string;
  /** Undefined where the model gave no answer. */
  readonly usage: TokenUsage | undefined;
}

export type ModelMergeFailure = 'not-textual' | 'model-failed' | 'refused' | 'markers-left';

export type ModelMerged = { readonly calls: readonly MergeCall[] } & (
  | { readonly status: 'clean'; readonly tree: string; readonly commit: string }
  | { readonly status: 'failed'; readonly code: ModelMergeFailure; readonly reason: string }
);

/** Thrown inside this module only; becomes a typed failure. */
class MergeRefused extends Error {
  readonly code: ModelMergeFailure;

  constructor(code: ModelMergeFailure, reason: string) {
    super(reason);
    this.code = code;
  }
}

/**
 * The llm rung: branches are merged one after another, and each conflicting region, with five lines of context,
 * is given to a model at temperature 0, whose answer takes the region's place (domain: evaluate).
 *
 * @returns `failed` where a file conflicts as a whole, the model gives no usable answer, or its answer holds
 * conflict markers again.
 * @throws {GitError} where the world broke, and the signal's reason.
 */
export async function modelMerge(
  store: GitStore,
  branches: readonly [Branch, ...Branch[]],
  model: ChatModel,
  signal?: AbortSignal,
): Promise<ModelMerged> {
  const calls: MergeCall[] = [];
  const resolver = new Resolver(model, calls, signal);
  const [first, ...others] = branches;
  let commit = first.commit;
  try {
    for (const branch of others) {
      const outcome = await store.merge(commit, branch.commit, { signal });
      let tree = outcome.tree;
      if (outcome.status === 'conflicts') {
        const replacements: FileReplacement[] = [];
        for (const conflict of outcome.conflicts) {
          replacements.push(await resolver.resolveFile(conflict, { ours: commit, theirs: branch.commit }));
        }
        tree = await store.replaceFiles(tree, replacements);
      }
      commit = await store.commit(tree, [commit, branch.commit], `Merge ${branch.agent}`);
    }
    return { status: 'clean', tree: await store.treeOf(commit), commit, calls };
  } catch (error) {
    if (error instanceof MergeRefused)
      return { status: 'failed', code: error.code, reason: error.message, calls };
    if (error instanceof UnusableResolution) {
      return { status: 'failed', code: 'markers-left', reason: error.message, calls };
    }
    if (error instanceof ModelError)
      return { status: 'failed', code: 'model-failed', reason: error.toLine(), calls };
    throw error;
  }
}

class Resolver {
  readonly #model: ChatModel;
  readonly #calls: MergeCall[];
  readonly #signal: AbortSignal | undefined;

  constructor(model: ChatModel, calls: MergeCall[], signal: AbortSignal | undefined) {
    this.#model = model;
    this.#calls = calls;
    this.#signal = signal;
  }

  async resolveFile(
    conflict: MergeConflict,
    labels: { readonly ours: string; readonly theirs: string },
  ): Promise<FileReplacement> {
    const text = conflict.marked?.toString('latin1') ?? '';
    const regions = parseConflictRegions(text, labels);
    if (regions.length === 0 || conflict.kinds.some((kind) => kind !== 'contents' && kind !== 'add/add')) {
      throw new MergeRefused(
        'not-textual',
        `${conflict.path} conflicts as a whole (${conflict.kinds.join(', ')})`,
      );
    }
    const lines = splitLines(text);
    const resolved: string[] = [];
    let next = 0;
    for (const region of regions) {
      resolved.push(...lines.slice(next, region.startLine - 1));
      const prompt = regionPrompt(conflict.path, lines, region);
      resolved.push(readResolution(await this.#ask(conflict.path, prompt), region).toString('latin1'));
      next = region.endLine;
    }
    resolved.push(...lines.slice(next));
    return { path: conflict.rawPath, content: Buffer.from(resolved.join(''), 'latin1'), mode: conflict.mode };
  }

  async #ask(file: string, prompt: string): Promise<string> {
    const request: ChatRequest = {
      agent: 'referee',
      purpose: 'merge',
      callId: `referee/merge/${this.#calls.length + 1}`,
      system: MERGE_SYSTEM_PROMPT,
      messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
      tools: [],
      temperature: 0,
    };
    try {
      const answer = await this.#model.complete(request, this.#signal);
      this.#calls.push({ request, file, usage: answer.usage });
      if (answer.end === 'refusal') throw new MergeRefused('refused', `the model refused to merge ${file}`);
      if (answer.end === 'output-limit') {
        throw new MergeRefused('refused', `the model's merge of ${file} was cut short`);
      }
      return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    } catch (error) {
      if (error instanceof ModelError) this.#calls.push({ request, file, usage: undefined });
      throw error;
    }
  }
}
