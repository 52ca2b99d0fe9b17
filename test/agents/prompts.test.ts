import { describe, expect, it } from 'vitest';
import { executionInstructions, executionTask } from '../../agents/prompts/execution-prompt.js';
import { planningInstructions, planningTask } from '../../agents/prompts/planning-prompt.js';
import type { PromptSubject } from '../../agents/prompts/prompt-subject.js';

const alone: PromptSubject = {
  agent: 'agent1',
  partners: [],
  features: [{ id: 3, description: '  Add a door.\n' }],
  limit: 25,
  instructions: '',
};
const team: PromptSubject = { ...alone, partners: ['agent2'] };
const PROMPTS = [planningInstructions, executionInstructions] as const;

describe('instructions', () => {
  it.each(PROMPTS)(
    'tell an agent of a team its name, its partner, the merge, and to be exact',
    (instructions) => {
      const text = instructions(team);
      expect(text).toContain('You are agent1');
      expect(text).toContain('You work beside agent2');
      expect(text).toContain('2-way git merge');
      expect(text).toMatch(/exact files and line ranges/);
      expect(text).toContain('25 steps at the most');
    },
  );

  it.each(PROMPTS)('do not speak of partners or messages to an agent alone', (instructions) => {
    expect(instructions(alone)).not.toMatch(/partner|communicate|message|merge/i);
  });

  it.each(PROMPTS)('count branches, whatever their number', (instructions) => {
    const text = instructions({ ...team, partners: ['agent2', 'agent3', 'agent4'] });
    expect(text).toContain('agent2, agent3, agent4');
    expect(text).toContain('4-way git merge');
  });

  it.each(PROMPTS)('end with what the scenario adds', (instructions) => {
    expect(instructions({ ...team, instructions: 'Speak French.' }).endsWith('\n\nSpeak French.')).toBe(true);
  });

  it('name the parts that a plan must have', () => {
    const parts = ['Context', 'Coordination notes', 'Technical details', 'Numbered steps'];
    const text = planningInstructions(team);
    for (const [index, part] of parts.entries()) expect(text).toContain(`${index + 1}. ${part}`);
    expect(planningInstructions(alone)).toContain('3. Numbered steps');
  });
});

describe('a task', () => {
  it('holds the description of every own feature, and nothing of anybody else', () => {
    expect(planningTask(alone)).toBe('Your feature:\n\nAdd a door.\n\nPlan this now.');
    const both = { ...alone, features: [...alone.features, { id: 5, description: 'Add a wall.' }] };
    expect(planningTask(both)).toContain('Feature 1 of 2:\n\nAdd a door.');
    expect(planningTask(both)).toContain('Feature 2 of 2:\n\nAdd a wall.');
  });

  it('holds the plan where there is one', () => {
    expect(executionTask(alone, ' # Plan\n')).toContain('Your plan:\n\n# Plan\n\nImplement it now.');
    expect(executionTask(alone, ' \n')).not.toContain('plan');
  });
});
