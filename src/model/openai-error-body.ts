/**
 * `fetch` whose failed responses always hold `{ "error": { "message": … } }`. Compatible servers wrap errors in
 * a list, or not at all, and the SDK then loses their text.
 */
export async function fetchWithPlainErrors(
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const response = await fetch(input, init);
  if (response.ok) return response;
  const text = await response.text();
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  return new Response(toPlainError(text), { status: response.status, headers });
}

/** Brings an error body into OpenAI's form; a text that is not JSON stays as it is. */
export function toPlainError(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  const first: unknown = Array.isArray(body) ? body[0] : body;
  if (typeof first !== 'object' || first === null) return JSON.stringify({ error: { message: text } });
  if (!('error' in first)) {
    const message = 'message' in first ? {} : { message: 'detail' in first ? describe(first.detail) : text };
    return JSON.stringify({ error: { ...first, ...message } });
  }
  const { error } = first;
  if (typeof error === 'object' && error !== null) return JSON.stringify(first);
  return JSON.stringify({ error: { message: describe(error) } });
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
