/** What messages between agents say, as far as simple patterns can tell. */

/** Words such as "e.g" that look like a file with a short ending. */
const NO_FILES: ReadonlySet<string> = new Set(['e.g', 'i.e', 'a.k.a', 'p.s']);

/** Files that a text names, without a leading `./`; each once, in order. */
export function namedFiles(text: string): string[] {
  const words = text.match(/[\w./-]*[\w-]\.[a-zA-Z]\w{0,4}\b/g) ?? [];
  const files = words.map((word) => word.replace(/^\.\//, ''));
  return [...new Set(files)].filter((word) => !NO_FILES.has(word.toLowerCase()));
}

/** Whether a name as people write it (`router.js`, `src/router.js`) means the file of this path. */
export function sameFile(named: string, path: string): boolean {
  return path === named || path.endsWith(`/${named}`);
}

/** Whether a message asks something. */
export function isQuestion(text: string): boolean {
  return /\?(?=[\s"')\]]|$)/.test(text);
}

const INTENT = String.raw`(?:i will|i'll|i am going to|i'm going to|i am about to|i plan to|i intend to|i)`;
const DEED = String.raw`(?:only |also |then |now |just |both )*(?:change|edit|modify|update|extend|rewrite|refactor|touch|add|implement|create|write|take care of|handle)`;
const PROMISE = new RegExp(String.raw`\b${INTENT} ${DEED}\b`, 'i');
/** What makes a promise depend on something. */
const CONDITION = /\b(?:if|unless)\b/i;
/** What ends a promise: the files after it are others'. */
const TURN = /\b(?:but|not|without|unless|except|leave|leaving|instead of|rather than|if)\b|n't\b/i;

/** Files that the sender says it will change itself. Rather too few than too many. */
export function promisedFiles(text: string): string[] {
  const parts = text.split(/(?<=[.!?;])\s+|\n/).flatMap((sentence) => {
    const promise = PROMISE.exec(sentence);
    if (promise === null || CONDITION.test(sentence.slice(0, promise.index))) return [];
    const rest = sentence.slice(promise.index);
    const turn = TURN.exec(rest);
    return [turn === null ? rest : rest.slice(0, turn.index)];
  });
  return namedFiles(parts.join('\n'));
}
