/** The settings of the paper, under the names that users of the Python tool know (domain: settings). */
export const BenchSetting = {
  /** One agent, one feature. */
  SINGLE: 'single',
  /** One agent, two features, one patch. */
  SOLO: 'solo',
  /** Two agents, one feature each, channel open. */
  COOP: 'coop',
  /** As coop; the channel closes when the work begins. */
  COOP_ABLATION: 'coop_ablation',
} as const;

export type BenchSetting = (typeof BenchSetting)[keyof typeof BenchSetting];
