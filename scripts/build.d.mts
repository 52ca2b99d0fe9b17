export const PROJECT: string;

export interface BuildStamp {
  readonly sourceHash: string;
  readonly withBenchmarks: boolean;
}

export function hashSources(project: string, withBenchmarks: boolean): string;
export function readBuildStamp(project: string): BuildStamp | undefined;
export function build(project: string, options?: { readonly withBenchmarks?: boolean }): Promise<boolean>;
