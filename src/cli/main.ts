#!/usr/bin/env node
import { CommanderError } from '@commander-js/extra-typings';
import { UserMistake } from '../base/errors.js';
import { expandShortFlags } from './arguments.js';
import { EXIT } from './exit-codes.js';
import { harmless } from './plain-text.js';
import { buildProgram } from './program.js';
import { usageMistake } from './usage-mistake.js';

try {
  await buildProgram().parseAsync(expandShortFlags(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  const mistake = error instanceof CommanderError ? usageMistake(error) : error;
  if (mistake instanceof UserMistake) process.stderr.write(`error: ${harmless(mistake.toLine())}\n`);
  else if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? EXIT.done : EXIT.mistake;
}
