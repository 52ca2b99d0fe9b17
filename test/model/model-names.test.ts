import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserMistake } from '../../src/base/errors.js';
import { DEFAULT_LIMITS, modelLimits } from '../../src/model/model-limits.js';
import { isScripted, parseModelName } from '../../src/model/model-names.js';
import { pythonFamily, shortModelName } from '../../src/model/short-model-name.js';

function mistakeOf(run: () => unknown): UserMistake {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UserMistake);
    return error as UserMistake;
  }
  throw new Error('no mistake was found');
}

describe('a model’s name', () => {
  it('is a provider and all that follows the first slash', () => {
    expect(parseModelName(' OpenRouter/qwen/Qwen3-Coder:free ', '--model1')).toEqual({
      name: 'openrouter/qwen/Qwen3-Coder:free',
      provider: 'openrouter',
      model: 'qwen/Qwen3-Coder:free',
    });
  });

  it.each([
    ['claude-sonnet-4-5-20250929', 'anthropic'],
    ['gpt-5', 'openai'],
    ['o3', 'openai'],
    ['o4-mini', 'openai'],
    ['gemini-2.5-pro', 'gemini'],
  ])('may leave the provider out for %s', (text, provider) => {
    expect(parseModelName(text, '--model1')).toMatchObject({ name: `${provider}/${text}`, model: text });
  });

  it.each(['', 'foo', '/x', 'a/', 'a//', 'a/b c', 'a/b\nc', 'a/\u0007', '1a/b', 'a b/c', '../etc/passwd'])(
    'that is "%s" is one clear mistake of the user',
    (text) => {
      const mistake = mistakeOf(() => parseModelName(text, '--model2'));
      expect(mistake).toMatchObject({ code: 'model-name-invalid', where: '--model2' });
      expect(mistake.remedy).toContain('provider/model');
      expect(mistake.toLine()).not.toContain('\n');
    },
  );

  it('is read to itself again once it was read', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        let parsed;
        try {
          parsed = parseModelName(text, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(UserMistake);
          return;
        }
        expect(parseModelName(parsed.name, 'x')).toEqual(parsed);
        expect(parsed.name).toBe(`${parsed.provider}/${parsed.model}`);
      }),
    );
  });

  it('is scripted by its provider alone', () => {
    expect(isScripted('scripted/gold')).toBe(true);
    expect(isScripted('openai/scripted')).toBe(false);
    expect(isScripted('scripted')).toBe(false);
  });
});

describe('the short name for files', () => {
  it('is the family’s for the models that the study ran', () => {
    expect(shortModelName('anthropic/claude-sonnet-4-5-20250929')).toBe('claude');
    expect(shortModelName('openai/gpt-5')).toBe('gpt5');
  });

  it('is a plain slug for others, so that members of a family stay apart', () => {
    expect(shortModelName('anthropic/claude-opus-5-5')).toBe('anthropic-claude-opus-5-5');
    expect(shortModelName('scripted/gold')).toBe('scripted-gold');
    expect(shortModelName('scripted/gold-rebase')).toBe('scripted-gold-rebase');
  });

  it('tells names apart that would make the same slug', () => {
    const names = ['a/b-c', 'a-b/c', 'a/b/c', 'a/B-c', 'a/b:c', 'a/b_c', 'a/b--c', 'a/b-c-'];
    expect(new Set(names.map(shortModelName)).size).toBe(names.length);
  });

  it('differs for different names, also where the file system knows no case, and is safe in a file name', () => {
    const part = fc.string({ minLength: 1, maxLength: 90, unit: fc.constantFrom(...'abAB01-._/:+@ ü') });
    const name = fc.tuple(fc.constantFrom('openai', 'a', 'a-b', 'x_y'), part).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(name, name, (first, second) => {
        const short = shortModelName(first);
        expect(short).toMatch(/^[a-z0-9][a-z0-9.+-]*$/);
        expect(short.length).toBeLessThan(80);
        if (first !== second) expect(shortModelName(second).toLowerCase()).not.toBe(short.toLowerCase());
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['anthropic/claude-opus-5', 'claude'],
    ['openrouter/qwen/qwen3-coder', 'qwen_coder'],
    ['vllm/Qwen3-30B', 'qwen'],
    ['gemini/gemini-2.5-pro', 'gemini'],
    ['minimax/MiniMax-M2', 'minimax'],
    ['mistral/large', 'gpt5'],
  ] as const)('of %s in files of the Python tool is %s', (name, family) => {
    expect(pythonFamily(name)).toBe(family);
  });
});

describe('the limits of a model', () => {
  it.each([
    ['claude-sonnet-4-5-20250929', 200_000],
    ['claude-haiku-4-5', 200_000],
    ['claude-opus-4-1-20250805', 200_000],
    ['claude-opus-4-6', 1_000_000],
    ['claude-sonnet-5-5', 1_000_000],
    ['anthropic/claude-opus-4.7', 1_000_000],
    ['gpt-5', 400_000],
    ['gpt-5.4', 1_050_000],
    ['gpt-5.4-mini', 400_000],
    ['gemini-3.1-pro-preview', 1_048_576],
    ['nobody-knows', DEFAULT_LIMITS.contextWindow],
  ])('put the window of %s at %i tokens', (name, window) => {
    expect(modelLimits(name).contextWindow).toBe(window);
  });

  it('never ask for more than half of the window', () => {
    for (const name of ['claude-3-haiku-20240307', 'claude-opus-4', 'gpt-4o', 'x']) {
      const limits = modelLimits(name);
      expect(limits.maximumOutputTokens).toBeLessThanOrEqual(limits.contextWindow / 2);
    }
  });
});
