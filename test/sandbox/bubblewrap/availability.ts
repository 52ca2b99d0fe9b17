import { findBubblewrap } from '../../../src/sandbox/bubblewrap/find-bubblewrap.js';

const found = await findBubblewrap();
const isRequired = process.env['TROUPE_REQUIRE_BUBBLEWRAP'] === '1';

/**
 * Why suites over the confined sandbox cannot run on this machine; `undefined` where they can. In CI they run and
 * fail instead.
 */
export const whyNoBubblewrap: string | undefined =
  found.state === 'works' || isRequired
    ? undefined
    : found.state === 'missing'
      ? 'bubblewrap is not installed'
      : `bubblewrap cannot confine here: ${found.reason}`;
