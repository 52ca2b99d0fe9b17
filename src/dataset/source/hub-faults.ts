import { InfrastructureFault, TroupeError, UserMistake } from '../../base/errors.js';

/** A fault that a later try may not have. */
export class PassingFault extends InfrastructureFault {
  /** Milliseconds that the hub asks to wait, where it does. */
  readonly wait: number | undefined;

  constructor(message: string, where: string, wait?: number) {
    super(message, {
      code: 'hub-unreachable',
      where,
      remedy: 'check the network and HF_ENDPOINT, and call the command again: finished files are kept',
    });
    this.wait = wait;
  }
}

/** The hub sent a file from its beginning although it was asked to go on in the middle. */
export class CannotContinue extends PassingFault {
  constructor(where: string) {
    super('the hub does not continue a broken download', where, 0);
  }
}

/**
 * The fault behind an answer that is no success.
 *
 * @param where the dataset or file, and the hub.
 * @param retryAfter header of the answer: seconds.
 */
export function statusFault(
  status: number,
  where: string,
  hasToken: boolean,
  retryAfter?: string | null,
): TroupeError {
  if (status === 401) {
    const [message, remedy] = hasToken
      ? ['the hub does not accept the token (401)', 'put a valid token into HF_TOKEN, or unset it']
      : ['the hub answers 401', 'check the name; a dataset that is not public needs a token in HF_TOKEN'];
    return new UserMistake(message, { code: 'hub-unauthorized', where, remedy });
  }
  if (status === 403) {
    return new UserMistake('the hub refuses access (403)', {
      code: 'hub-forbidden',
      where,
      remedy: 'ask for access on the dataset’s page, and put a token that may read it into HF_TOKEN',
    });
  }
  if (status === 404) {
    return new UserMistake('the hub has no such dataset or file (404)', {
      code: 'hub-not-found',
      where,
      remedy: 'check the spelling of owner/name',
    });
  }
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(retryAfter ?? Number.NaN);
    const wait = Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
    return new PassingFault(`the hub answers ${status}`, where, wait);
  }
  return new InfrastructureFault(`the hub answers ${status}`, {
    code: 'hub-unexpected',
    where,
    remedy: 'check that HF_ENDPOINT is a Hugging Face hub',
  });
}

/** The fault behind a request that got no answer, or an answer that broke off. */
export function connectionFault(error: unknown, where: string): TroupeError {
  if (error instanceof TroupeError) return error;
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = inner instanceof Error ? (inner as NodeJS.ErrnoException).code : undefined;
  return new PassingFault(`the hub cannot be reached or broke off${code ? ` (${code})` : ''}`, where);
}
