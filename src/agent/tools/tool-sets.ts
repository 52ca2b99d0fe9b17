import { bash } from './bash.js';
import { create } from './create.js';
import { grepSearch } from './grep-search.js';
import { insert } from './insert.js';
import { listFiles } from './list-files.js';
import { readFile, view } from './read-file.js';
import { replace } from './replace.js';
import type { Tool } from './tool.js';

/** What an agent can do with the repository while it plans: look, and change nothing. */
export const planningTools: readonly Tool[] = [listFiles, readFile, grepSearch];

/** What an agent can do with the repository while it executes. */
export const executionTools: readonly Tool[] = [bash, view, create, replace, insert];
