import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { executionTools, planningTools } from '../../../src/agent/tools/tool-sets.js';
import { defineTool, success, type Tool } from '../../../src/agent/tools/tool.js';
import { toolbox } from '../../../src/agent/tools/toolbox.js';
import { InfrastructureFault } from '../../../src/base/errors.js';
import { SandboxRefusal } from '../../../src/sandbox/sandbox-refusal.js';

interface Purse {
  readonly coins: number;
}

const pay: Tool<Purse> = defineTool({
  name: 'pay',
  description: 'Pays.',
  parameters: z.object({
    amount: z.int().min(1).max(9).describe('Coins.'),
    to: z.object({ name: z.string() }).optional(),
  }),
  run: async ({ amount }, { coins }: Purse) => {
    if (amount === 7) throw new SandboxRefusal('no sevens', 'outside-workspace');
    if (amount === 8) throw new InfrastructureFault('the mint burns', { code: 'fire' });
    return success(`${coins - amount} left`);
  },
});

const rest = defineTool<Record<never, never>, Purse>({
  name: 'rest',
  description: 'Rests.',
  parameters: z.object({}),
  run: async () => success('rested'),
});

const purse = { coins: 10 };
const box = toolbox([pay, rest]);
const call = (name: string, args: Record<string, unknown>, brokenArguments?: string) =>
  box.call({ name, arguments: args, ...(brokenArguments === undefined ? {} : { brokenArguments }) }, purse);

describe('toolbox', () => {
  it('runs a tool with checked arguments in its own context', async () => {
    expect(await call('pay', { amount: 3 })).toEqual({ output: '7 left', isError: false });
    expect(await call('rest', {})).toEqual({ output: 'rested', isError: false });
  });

  it('names the tools there are when asked for another', async () => {
    expect(await call('steal', {})).toEqual({
      output: 'There is no tool of the name "steal"; there are: pay, rest.',
      isError: true,
    });
    expect((await call('toString', {})).isError).toBe(true);
  });

  it('quotes arguments that are not JSON, cut short', async () => {
    const { output, isError } = await call('pay', {}, `{"amount": ${'9'.repeat(500)}`);
    expect(isError).toBe(true);
    expect(output).toMatch(/^The arguments of pay are not a JSON object: \{"amount": 9+ …$/);
    expect(output.length).toBeLessThan(300);
  });

  it.each([
    [{}, '"amount"'],
    [{ amount: 'three' }, '"amount"'],
    [{ amount: 1.5 }, '"amount"'],
    [{ amount: 10 }, '"amount"'],
    [{ amount: 1, to: { name: 4 } }, '"to.name"'],
    [{ amount: 1, amuont: 2 }, 'amuont'],
  ])('says which field of %j is wrong', async (args, field) => {
    const { output, isError } = await call('pay', args);
    expect(isError).toBe(true);
    expect(output).toContain(field);
    expect(output).toMatch(/^The arguments of pay are not valid:\n- /);
  });

  it('tells the agent of a refusal, and lets a broken world through', async () => {
    expect(await call('pay', { amount: 7 })).toEqual({ output: 'no sevens.', isError: true });
    await expect(call('pay', { amount: 8 })).rejects.toThrow('the mint burns');
  });

  it('describes each tool by the schema that checks it', () => {
    expect(box.definitions[0]).toEqual({
      name: 'pay',
      description: 'Pays.',
      parameters: {
        type: 'object',
        properties: {
          amount: { type: 'integer', minimum: 1, maximum: 9, description: 'Coins.' },
          to: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
        },
        required: ['amount'],
        additionalProperties: false,
      },
    });
  });

  it('does not take two tools of one name', () => {
    expect(() => toolbox([pay, pay])).toThrow(TypeError);
  });
});

describe('tool sets', () => {
  it('give planning nothing that changes files, and execution the edits', () => {
    expect(toolbox(planningTools).definitions.map(({ name }) => name)).toEqual([
      'list_files',
      'read_file',
      'grep_search',
    ]);
    expect(toolbox(executionTools).definitions.map(({ name }) => name)).toEqual([
      'bash',
      'view',
      'create',
      'replace',
      'insert',
    ]);
  });

  it('describe every parameter to the model, in schemas of plain objects', () => {
    for (const { parameters, name } of toolbox([...planningTools, ...executionTools]).definitions) {
      expect(parameters['type'], name).toBe('object');
      expect(parameters, name).not.toHaveProperty('$schema');
      const properties = Object.entries(parameters['properties'] as Record<string, Record<string, unknown>>);
      expect(properties.length, name).toBeGreaterThan(0);
      for (const [field, schema] of properties)
        expect(schema['description'], `${name}.${field}`).toBeTruthy();
    }
  });
});
