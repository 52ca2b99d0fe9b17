import { GoldTrees } from '../../agents/personas/gold-trees.js';
import { findPersona } from '../../agents/personas/index.js';
import { gatherKnowledge, type TeamMember } from '../../agents/personas/knowledge.js';
import type { Clock } from '../base/clock.js';
import { seededRandom } from '../base/random.js';
import type { PreparedTask } from '../dataset/prepared-task.js';
import type { GitStore } from '../git/git-store.js';
import type { EventLog } from '../log/event-log.js';
import { withBudget } from '../model/budgeted-model.js';
import type { ChatModel } from '../model/chat-model.js';
import { createLiveModel } from '../model/create-model.js';
import { Ledger } from '../model/ledger.js';
import { isScripted } from '../model/model-names.js';
import { loadPriceBook } from '../model/price-file.js';
import type { Environment } from '../model/providers.js';
import { withRetries } from '../model/retrying-model.js';
import { ScriptedModel } from '../model/scripted-model.js';
import type { RunLimits } from './limits.js';

export interface CastingOptions {
  readonly task: PreparedTask;
  readonly runStore: GitStore;
  readonly team: readonly TeamMember[];
  readonly seed: string;
  readonly environment: Environment;
  readonly limits: RunLimits;
  readonly log: EventLog;
  readonly clock: Clock;
}

/** Makes the models of one run: live or scripted, with retries and one budget for all, each charge logged. */
export class Cast {
  readonly #options: CastingOptions;
  readonly #ledger: Ledger;
  readonly #trees: GoldTrees;

  private constructor(options: CastingOptions, ledger: Ledger) {
    this.#options = options;
    this.#ledger = ledger;
    this.#trees = new GoldTrees(options.runStore, options.task.baseCommit, options.task.task);
  }

  static async create(options: CastingOptions): Promise<Cast> {
    return new Cast(options, new Ledger(await loadPriceBook(options.environment)));
  }

  /** @param field the option at fault in an error, e.g. `--model1`. */
  async modelFor(member: TeamMember, name: string, field: string): Promise<ChatModel> {
    const bare = isScripted(name)
      ? await this.#persona(member, name, field)
      : await createLiveModel(name, this.#options.environment, { field });
    return this.#equip(bare, member.id);
  }

  async #persona(member: TeamMember, name: string, field: string): Promise<ChatModel> {
    const { task, team, seed } = this.#options;
    const persona = findPersona(name.slice(name.indexOf('/') + 1), field);
    const knowledge = await gatherKnowledge(this.#trees, task.task, team, member, persona.needs);
    return new ScriptedModel(name, ({ purpose }) => {
      // Drawn apart for each phase: work resumed by itself, or replayed, is worded as in one go.
      const drawn = { ...knowledge, random: seededRandom(`${seed}/${member.id}/${purpose}`) };
      return purpose === 'plan' ? persona.plan(drawn) : persona.work(drawn);
    });
  }

  /** Budget inside, retries outside, so that every try is checked before it is made. */
  #equip(bare: ChatModel, agent: string): ChatModel {
    const { limits, log, clock, seed } = this.#options;
    const budgeted = withBudget(bare, {
      ledger: this.#ledger,
      limits: {
        ...(limits.dollars === undefined ? {} : { dollars: limits.dollars }),
        ...(limits.tokens === undefined ? {} : { tokens: limits.tokens }),
      },
      onDollarLimitUnchecked: (model) =>
        void log.append({ type: 'limit-unchecked', limit: 'dollars', model }),
      onCharge: ({ callId, modelName, usage, dollars }) => {
        if (!bare.isLive) return;
        log.append({
          type: 'cost-charged',
          agent,
          callId,
          purpose: callId.split('/')[1] as 'plan',
          model: modelName,
          usage,
          dollars: dollars === 'unpriced' ? null : dollars,
        });
      },
    });
    return withRetries(budgeted, {
      clock,
      random: seededRandom(`${seed}/${agent}/retries`),
      onRetry: ({ callId, attempt, kind, message, delay }) =>
        void log.append({ type: 'model-retried', agent, callId, attempt, kind, detail: message, delay }),
    });
  }
}
