import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import path from 'node:path';
import { commandLine, filesBelow } from '../cli/command-line.js';
import { startProviderServer, type ProviderServer } from '../support/provider-server/index.js';
import { ODDMENTS, writeOddments } from './oddments-task.js';
import { calling, playing, requestsOf, shell, telling } from './team-play.js';

const line = commandLine();
const KEY = 'sk-super-secret-9999';
const REMOVED = '[key removed]';
let dataset: string;
let server: ProviderServer;
beforeAll(async () => {
  dataset = writeOddments(line.root);
  server = await startProviderServer();
});
afterAll(() => server.close());

/** What only a process that the key was exported to can tell: its own environment as the kernel shows it. */
const climb = (variable: string): string => `
  process=$PPID
  while [ "$process" -gt 1 ]; do
    tr '\\0' '\\n' < /proc/$process/environ 2>/dev/null | grep '^${variable}=' && break
    process=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$process/status)
  done`;

/** The key as base64 has it, wherever it stands among other bytes. */
const encoded = [0, 1, 2].map((before) =>
  Buffer.from('='.repeat(before) + KEY)
    .toString('base64')
    .slice(before === 0 ? 0 : before + 1, -4),
);

/** Names of the files that hold the key in plain or base64, line ends of wrapped base64 aside. */
function holding(files: ReadonlyMap<string, Buffer>): string[] {
  const forms = [KEY, encodeURIComponent(KEY), ...encoded];
  return [...files].flatMap(([name, content]) => {
    const text = content.toString('latin1');
    const texts = [text, text.replace(/(?:\\n|\n)[+]?/g, '')];
    return forms.some((form) => texts.some((each) => each.includes(form))) ? [name] : [];
  });
}

describe('a key that an agent reads from the processes above its shell', () => {
  it.skipIf(process.platform !== 'linux').each([
    ['other/foo', 'OTHER', '/v1'],
    ['anthropic/claude-sonnet-4-5-20250929', 'ANTHROPIC', ''],
  ])('stands in nothing that is written and reaches no model: %s', async (model, provider, suffix) => {
    const variable = `${provider}_API_KEY`;
    const seen = server.requests.length;
    const stolen = Buffer.from(`${variable}=${KEY}`).toString('base64');
    server.answerWith(
      playing({
        agent1: {
          plan: [telling(`I plan with ${KEY}`), calling('agreement_reached', { plan: `Use ${KEY}.` })],
          work: [
            shell(`found=$(${climb(variable)}); echo "$found"; echo "$found" > stolen.txt
              for count in 1 2 3 4 5 6; do echo "$count$found"; done | base64 | tee encoded.txt
              printf '\\377\\376%s\\n' "$found" > bytes.txt; mkdir -p "folder-\${found#*=}"; touch "folder-\${found#*=}/file"
              echo "$found" >&2; exit 3`),
            shell('cat stolen.txt encoded.txt bytes.txt; wc -c stolen.txt'),
            telling(`It is ${KEY}, or ${stolen}`),
            calling('view', { path: 'stolen.txt' }),
            calling('submit', { summary: KEY, [KEY]: KEY }),
          ],
        },
        agent2: { work: [shell('true'), shell('sleep 0.5'), shell('true'), shell('sleep 0.5')] },
      }),
    );
    const folder = line.emptyFolder();
    const words = ['-s', 'coop', '--repo-name', ODDMENTS, '--task-id', '1', '--dataset-dir', dataset];
    const end = await line.run(['run', ...words, '-i', '1', '-j', '3', '-m1', model, '--not-save-to-hf'], {
      folder,
      environment: { [variable]: KEY, [`${provider}_BASE_URL`]: server.url + suffix },
    });
    const files = filesBelow(folder);
    const cache = filesBelow(path.join(line.root, 'cache'));
    expect(holding(files)).toEqual([]);
    expect(holding(cache)).toEqual([]);
    expect(end.stdout + end.stderr).not.toContain(KEY);
    // It was there to be found: by the shell, in the file, and in what was said.
    const log = [...files].find(([name]) => /^events_.*\.jsonl$/.test(path.basename(name)))?.[1].toString();
    expect(log, end.stderr).toContain(`${variable}=${REMOVED}`);
    expect(log).toContain(`${variable.length + 1 + KEY.length + 1} stolen.txt`);
    expect(log).toContain(`It is ${REMOVED}`);
    const patches = [...files].filter(([name]) => name.endsWith('.patch'));
    expect(patches.some(([, content]) => content.includes(`+${variable}=${REMOVED}`))).toBe(true);
    // What tools return, and what partners hear, is what the log has.
    const requests = server.requests.slice(seen);
    const results = requestsOf(requests, 'agent1', 'work')[1]?.lastText;
    expect(results).toContain(`${variable}=${REMOVED}`);
    expect(results).not.toContain(KEY);
    const heard = JSON.stringify(requestsOf(requests, 'agent2', 'work').map(({ body }) => body));
    expect(heard).toContain(`It is ${REMOVED}`);
    expect(heard).not.toContain(KEY);
    expect(heard).not.toContain(stolen);
  });
});
