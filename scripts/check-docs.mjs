/**
 * Checks that every relative link of the given Markdown files (README.md and ARCHITECTURE.md by default) leads to a
 * file of the project and, where it names one, to a heading of it.
 *
 *   node scripts/check-docs.mjs [files …]
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** The links that lead nowhere, one line each. */
export function brokenLinks(project, file) {
  const absolute = path.join(project, file);
  if (!existsSync(absolute)) return [`${file}: is missing`];
  return linksOf(readFileSync(absolute, 'utf8')).flatMap(({ line, target }) => {
    if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) return [];
    const [place = '', heading] = target.split('#').map(decodeURIComponent);
    const linked = place === '' ? absolute : path.resolve(path.dirname(absolute), place);
    if (path.relative(project, linked).startsWith('..')) {
      return [`${file}:${line}: ${target} leads out of the project`];
    }
    if (!existsSync(linked)) return [`${file}:${line}: ${target} is not there`];
    if (heading === undefined || !linked.endsWith('.md')) return [];
    return anchorsOf(readFileSync(linked, 'utf8')).has(heading)
      ? []
      : [`${file}:${line}: ${target} names no heading`];
  });
}

/** Lines of a text outside its fenced code. */
function proseLines(text) {
  let fence;
  return text.split('\n').map((line) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (mark !== undefined && (fence === undefined || mark.startsWith(fence))) {
      fence = fence === undefined ? mark : undefined;
      return '';
    }
    return fence === undefined ? line : '';
  });
}

function linksOf(text) {
  return proseLines(text).flatMap((line, index) =>
    [...line.replace(/`[^`]*`/g, '').matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].map(([, target]) => ({
      line: index + 1,
      target,
    })),
  );
}

/** The names by which a text's headings are linked to, formed as GitHub forms them. */
function anchorsOf(text) {
  const seen = new Map();
  const anchors = new Set();
  for (const line of proseLines(text)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const anchor = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replace(/ /g, '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = process.argv.length > 2 ? process.argv.slice(2) : ['README.md', 'ARCHITECTURE.md'];
  const broken = files.flatMap((file) => brokenLinks(PROJECT, file));
  for (const line of broken) process.stderr.write(`${line}\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}
