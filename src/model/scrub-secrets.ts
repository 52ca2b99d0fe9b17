/** What stands where a key stood. */
export const SCRUBBED = '[key removed]';

/** Forms of keys that may turn up in a provider's own error text, also half masked ones. */
const KEY_FORMS: readonly RegExp[] = [
  /\b(?:sk|pk|rk|gsk|xai|or|hf|nvapi|key|csk|fw)[-_][A-Za-z0-9_*.…-]{6,}/g,
  /\bAIza[A-Za-z0-9_*-]{10,}/g,
  /\bAKIA[A-Z0-9]{12,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{10,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g,
];

/** `Authorization: Bearer …`, `"x-api-key": "…"`, `?key=…`: the name stays, the value goes. */
const LABELLED =
  /((?:authorization|proxy-authorization|x-api-key|x-goog-api-key|api[-_ ]?key|auth[-_]?token|[?&]key)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"',;&)}\]]+/gi;
const BEARER = /\b(bearer\s+)[A-Za-z0-9._~+/=-]{6,}/gi;
const URL_CREDENTIALS = /(\/\/)[^/\s@]+@/g;

/** Shorter "keys" (such as the words that keyless local servers take) are no secrets. */
const SHORTEST_SECRET = 4;

/**
 * Takes keys out of a text that a user or a log will see.
 *
 * @param secrets key values known to this process; each is replaced wherever it stands, also percent-encoded.
 */
export function scrubSecrets(text: string, secrets: readonly string[] = []): string {
  let scrubbed = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    scrubbed = scrubbed.replaceAll(secret, SCRUBBED);
    scrubbed = scrubbed.replaceAll(encodeURIComponent(secret), SCRUBBED);
  }
  scrubbed = scrubbed.replace(URL_CREDENTIALS, `$1${SCRUBBED}@`);
  scrubbed = scrubbed.replace(LABELLED, `$1${SCRUBBED}`);
  scrubbed = scrubbed.replace(BEARER, `$1${SCRUBBED}`);
  for (const form of KEY_FORMS) scrubbed = scrubbed.replace(form, SCRUBBED);
  return scrubbed;
}
