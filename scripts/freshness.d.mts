export const OLDEST_NODE: readonly number[];
export function nodeWillDo(version: string): boolean;

export interface LockedPackages {
  readonly packages?: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly optional?: boolean;
        readonly devOptional?: boolean;
        readonly peer?: boolean;
        readonly link?: boolean;
      }
    >
  >;
}

export function installReason(found: {
  /** Hash of package-lock.json. */
  readonly lockHash: string;
  /** Operating system and processor, e.g. `linux-x64`. */
  readonly platform: string;
  /** What the last install by us left in node_modules. */
  readonly stamp: { readonly lockHash: string; readonly platform: string } | undefined;
  readonly lock: LockedPackages;
  /** npm's own record in node_modules; `undefined` where there is none. */
  readonly installed: LockedPackages | undefined;
}): string | undefined;

export function buildReason(found: {
  readonly sourceHash: string;
  readonly stamp: { readonly sourceHash: string; readonly withBenchmarks: boolean } | undefined;
  readonly withBenchmarks: boolean;
}): string | undefined;

export function exitCodeOf(
  code: number | null,
  signal: string | null,
  signalNumbers: Readonly<Record<string, number>>,
): number;
