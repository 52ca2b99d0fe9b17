import { createHash } from 'node:crypto';

/** A family as the first Python release names it in its files. */
export type PythonFamily = 'claude' | 'gpt5' | 'gemini' | 'minimax' | 'qwen' | 'qwen_coder';

/**
 * The one model of each family that the published study ran, and that therefore may carry the family's name
 * here. Any other member gets a name of its own.
 */
const STUDIED: ReadonlyMap<string, PythonFamily> = new Map([
  ['anthropic/claude-sonnet-4-5-20250929', 'claude'],
  ['openai/gpt-5', 'gpt5'],
  ['gemini/gemini-2.5-pro', 'gemini'],
  ['minimax/MiniMax-M2', 'minimax'],
  ['qwen/Qwen3-30B-A3B-Instruct-2507', 'qwen'],
  ['qwen/Qwen3-Coder-30B-A3B-Instruct', 'qwen_coder'],
]);

/** Names that read back without loss: lower case, and the first hyphen can only be the slash. */
const REVERSIBLE = /^[a-z0-9]+\/[a-z0-9][a-z0-9.-]*$/;
const LONGEST = 60;

/**
 * The short name of a model in file names of the Python tool's layout (`patch_<m>_k<k>_feature<id>.patch`).
 *
 * Two different models never share one, so that runs of both can lie in one folder, and so that
 * `model1<m1>_model2<m2>` tells them apart:
 * - the six models of {@link STUDIED} keep their family's name, as the Python tool writes it;
 * - a plain name becomes `provider-model`, which reads back in one way only, since a plain provider has no hyphen;
 * - any other (upper case, further slashes, overlong) is made plain and ends in `+` and a hash of the whole name;
 *   no plain name holds a `+`.
 * None but the family `qwen_coder` holds an underscore, which separates the parts of a file name.
 */
export function shortModelName(name: string): string {
  const studied = STUDIED.get(name);
  if (studied !== undefined) return studied;
  if (REVERSIBLE.test(name) && name.length <= LONGEST) return name.replace('/', '-');
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, LONGEST);
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 10);
  return `${plain || 'model'}+${hash}`;
}

/**
 * The name under which the Python tool itself stored a model's files, for reading them: several models share
 * one there, and everything unknown fell on `gpt5`.
 */
export function pythonFamily(name: string): PythonFamily {
  const lower = name.toLowerCase();
  if (lower.includes('claude')) return 'claude';
  if (lower.includes('gemini')) return 'gemini';
  if (lower.includes('minimax')) return 'minimax';
  if (lower.includes('qwen')) return lower.includes('coder') ? 'qwen_coder' : 'qwen';
  return 'gpt5';
}
