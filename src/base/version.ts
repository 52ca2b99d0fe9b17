import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

let known: string | undefined;

/** Folder of the package, whether it runs from its sources or from `dist/`. */
export function packageFolder(): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return here.replace(/(?:[\\/]dist)?[\\/]src[\\/]base[\\/]$/, '');
}

/** Version of this package, e.g. `0.1.0`. */
export function troupeVersion(): string {
  known ??= (JSON.parse(readFileSync(`${packageFolder()}/package.json`, 'utf8')) as { version: string })
    .version;
  return known;
}
