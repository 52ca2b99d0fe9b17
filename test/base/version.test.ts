import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { packageFolder, troupeVersion } from '../../src/base/version.js';

describe('the package', () => {
  it('finds its own folder, with the dataset in it', () => {
    expect(packageFolder()).toBe(path.resolve(import.meta.dirname, '../..'));
    expect(existsSync(path.join(packageFolder(), 'dataset'))).toBe(true);
  });

  it('knows its version', () => {
    const text = readFileSync(path.join(packageFolder(), 'package.json'), 'utf8');
    expect(troupeVersion()).toBe((JSON.parse(text) as { version: string }).version);
    expect(troupeVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });
});
