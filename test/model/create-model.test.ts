import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { describe, expect, it } from 'vitest';
import { UserMistake } from '../../src/base/errors.js';
import { createLiveModel } from '../../src/model/create-model.js';
import { keyVariablesOf, resolveEndpoint, secretsOf } from '../../src/model/providers.js';

const field = '--model1';

async function mistakeOf(name: string, environment: Record<string, string>): Promise<UserMistake> {
  const error = await createLiveModel(name, environment, { field }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserMistake);
  return error as UserMistake;
}

describe('making a live model', () => {
  it.each([
    ['anthropic/claude-opus-5', 'ANTHROPIC_API_KEY'],
    ['openai/gpt-5', 'OPENAI_API_KEY'],
    ['gemini/gemini-2.5-pro', 'GEMINI_API_KEY'],
    ['openrouter/x/y', 'OPENROUTER_API_KEY'],
  ])('names the variable that is missing for %s', async (name, variable) => {
    const mistake = await mistakeOf(name, { [variable]: '  ' });
    expect(mistake).toMatchObject({ code: 'model-key-missing', where: field });
    expect(mistake.remedy).toContain(variable);
    expect(mistake.remedy).toContain('.env');
  });

  it('names the way to add a provider that is unknown', async () => {
    const mistake = await mistakeOf('acme-ai/large', {});
    expect(mistake).toMatchObject({ code: 'model-provider-unknown', where: field });
    expect(mistake.remedy).toContain('ACME_AI_BASE_URL');
    await expect(
      createLiveModel('acme-ai/large', { ACME_AI_BASE_URL: 'http://127.0.0.1:9/v1' }, { field }),
    ).resolves.toMatchObject({ name: 'acme-ai/large', isLive: true });
  });

  it.each(['constructor/x', 'toString/x', '__proto__/x'])(
    'takes no provider for known that is none: %s',
    async (name) => {
      expect((await mistakeOf(name, {})).code).toMatch(/model-(?:provider-unknown|name-invalid)/);
    },
  );

  it('needs no key for servers of one’s own', async () => {
    await expect(createLiveModel('ollama/qwen3', {}, { field })).resolves.toMatchObject({ isLive: true });
    await expect(createLiveModel('vllm/qwen3', {}, { field })).resolves.toMatchObject({ isLive: true });
  });

  it.each(['not a url', 'file:///etc/passwd', 'http://user:hunter2@host/v1'])(
    'refuses the base URL %s and does not repeat it',
    async (url) => {
      const mistake = await mistakeOf('vllm/x', { VLLM_BASE_URL: url });
      expect(mistake).toMatchObject({ code: 'model-base-url-invalid', where: 'VLLM_BASE_URL' });
      expect(mistake.toLine()).not.toContain('hunter2');
    },
  );

  it('refuses a key that no header can carry, and does not repeat it', async () => {
    const mistake = await mistakeOf('anthropic/claude-opus-5', { ANTHROPIC_API_KEY: 'two\nlines-of-key' });
    expect(mistake).toMatchObject({ code: 'model-key-invalid', where: 'ANTHROPIC_API_KEY' });
    expect(mistake.toLine()).not.toContain('lines-of-key');
  });

  it('sends scripted names elsewhere', async () => {
    expect((await mistakeOf('scripted/gold', {})).code).toBe('model-scripted');
  });

  it('takes another window and the usual second name of a key', async () => {
    const model = await createLiveModel('vllm/x', {}, { field, contextWindow: 9_000 });
    expect(model.contextWindow).toBe(9_000);
    const endpoint = resolveEndpoint('gemini/gemini-2.5-pro', { GOOGLE_API_KEY: 'k' }, field);
    expect(endpoint.baseUrl).toContain('generativelanguage.googleapis.com');
    expect(endpoint.key).toBe('k');
  });

  it('does not show its key when it is printed', async () => {
    const key = 'sk-ant-not-to-be-seen';
    const model = await createLiveModel('anthropic/claude-opus-5', { ANTHROPIC_API_KEY: key }, { field });
    expect(JSON.stringify(model) + inspect(model, { depth: 10, showHidden: true })).not.toContain(key);
  });

  it('loads an SDK only then, so that commands that ask no model start at once', async () => {
    // Away from node_modules no SDK can be loaded: importing works, making a model does not.
    const folder = await mkdtemp(join(tmpdir(), 'troupe-lazy-'));
    try {
      await writeFile(join(folder, 'package.json'), '{"type":"module"}');
      for (const room of ['base', 'model']) {
        const source = fileURLToPath(new URL(`../../src/${room}`, import.meta.url));
        await mkdir(join(folder, room));
        for (const file of await readdir(source)) {
          const { outputText } = transpileModule(await readFile(join(source, file), 'utf8'), {
            compilerOptions: {
              module: ModuleKind.ESNext,
              target: ScriptTarget.ES2022,
              verbatimModuleSyntax: true,
            },
          });
          await writeFile(join(folder, room, file.replace(/\.ts$/, '.js')), outputText);
        }
      }
      const script = `
        const { createLiveModel } = await import('./model/create-model.js');
        const made = createLiveModel('vllm/x', {}, { field: 'f' });
        console.log(await made.then(() => 'made', (error) => error.code + ' ' + error.message));`;
      const run = promisify(execFile);
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
      expect(stdout).toMatch(/^ERR_MODULE_NOT_FOUND .*'openai'/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('variables that hold keys', () => {
  it('are found by their names', () => {
    const environment = {
      A_API_KEY: 'one',
      HF_TOKEN: 'two',
      PATH: '/bin',
      KEYBOARD: 'de',
      X_SECRET: 'two',
      Y_KEY: '',
    };
    expect(keyVariablesOf(environment)).toEqual(['A_API_KEY', 'HF_TOKEN', 'X_SECRET', 'Y_KEY']);
    expect(secretsOf(environment)).toEqual(['one', 'two']);
  });
});
