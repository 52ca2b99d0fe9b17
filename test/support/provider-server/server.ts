import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropicEvents, anthropicMessage } from './anthropic-wire.js';
import { ERROR_RESPONSES, type ProgrammedAnswer, type ProgrammedFailure } from './answers.js';
import { chatCompletion } from './openai-wire.js';
import { recordRequest, type RecordedRequest } from './recorded-request.js';

/** Decides what to answer; called once a request, in the order in which requests come. */
export type AnswerScript = (request: RecordedRequest) => ProgrammedAnswer | Promise<ProgrammedAnswer>;

export interface ProviderServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** All requests so far. */
  readonly requests: readonly RecordedRequest[];
  /** Base URLs and keys for every ready provider name, all of which lead here. */
  readonly environment: Readonly<Record<string, string>>;
  /** Answers from now on; a list is played in order, one entry a request, its last entry for ever. */
  answerWith(script: AnswerScript | readonly ProgrammedAnswer[]): void;
  /** Cuts what is open and stops. */
  close(): Promise<void>;
}

/** Keys that {@link ProviderServer.environment} holds; no error may ever show one. */
export const TEST_KEYS = {
  anthropic: 'sk-ant-test-0123456789abcdef',
  openai: 'sk-proj-test-fedcba9876543210',
  other: 'plainly.secret.value.42',
} as const;

/**
 * Starts a server on the loopback interface that speaks Anthropic's messages (`/v1/messages`, whole and streamed) and
 * OpenAI's chat completions (`/v1/chat/completions`), and fails on demand.
 */
export async function startProviderServer(
  script: AnswerScript | readonly ProgrammedAnswer[] = [{ text: 'hello' }],
): Promise<ProviderServer> {
  const requests: RecordedRequest[] = [];
  let decide = asScript(script);

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const path = incoming.url ?? '/';
    const wire = path.endsWith('/messages') ? 'anthropic' : 'openai';
    if (incoming.method !== 'POST' || !/\/(?:messages|chat\/completions)$/.test(path)) {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"message":"no such path"}}');
      return;
    }
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
    const request = recordRequest(requests.length + 1, wire, path, incoming.headers, body);
    requests.push(request);
    write(await decide(request), request, response);
  };

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    requests,
    environment: environmentFor(url),
    answerWith: (next) => {
      decide = asScript(next);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function asScript(script: AnswerScript | readonly ProgrammedAnswer[]): AnswerScript {
  if (typeof script === 'function') return script;
  let next = 0;
  return () => {
    const answer = script[Math.min(next, script.length - 1)];
    next += 1;
    if (answer === undefined) throw new Error('the script holds no answer');
    return answer;
  };
}

function environmentFor(url: string): Record<string, string> {
  const environment: Record<string, string> = {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: TEST_KEYS.anthropic,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: TEST_KEYS.openai,
  };
  for (const provider of ['GEMINI', 'OPENROUTER', 'OLLAMA', 'VLLM', 'OTHER']) {
    environment[`${provider}_BASE_URL`] = `${url}/v1`;
    environment[`${provider}_API_KEY`] = TEST_KEYS.other;
  }
  return environment;
}

function write(answer: ProgrammedAnswer, request: RecordedRequest, response: ServerResponse): void {
  if ('raw' in answer) {
    response.writeHead(answer.status ?? 200, { 'content-type': answer.contentType ?? 'application/json' });
    response.end(answer.raw);
    return;
  }
  if ('fail' in answer) {
    fail(answer, request, response);
    return;
  }
  const isStream = request.body['stream'] === true;
  if (request.wire === 'anthropic' && isStream) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(anthropicEvents(answer, request.number, request.model).map(eventText).join(''));
    return;
  }
  const make = request.wire === 'anthropic' ? anthropicMessage : chatCompletion;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(make(answer, request.number, request.model)));
}

function eventText({ event, data }: { event: string; data: object }): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function fail(failure: ProgrammedFailure, request: RecordedRequest, response: ServerResponse): void {
  const isAnthropic = request.wire === 'anthropic';
  const half = (): string => {
    if (!isAnthropic)
      return JSON.stringify(chatCompletion({ text: 'half an' }, request.number, 'm')).slice(0, 120);
    const events = anthropicEvents({ text: 'half an answer' }, request.number, 'm').map(eventText);
    return events.slice(0, 4).join('');
  };
  const contentType = isAnthropic ? 'text/event-stream' : 'application/json';
  switch (failure.fail) {
    case 'hang':
      return;
    case 'cut-before-headers':
      response.destroy();
      return;
    case 'cut-in-body':
      response.writeHead(200, { 'content-type': contentType });
      response.write(half(), () => response.destroy());
      return;
    case 'ends-early':
      response.writeHead(200, { 'content-type': contentType });
      response.end(half());
      return;
    case 'not-json':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html><body>Welcome to the proxy</body></html>');
      return;
    case 'overloaded-in-stream': {
      if (!isAnthropic) break;
      const error = {
        type: 'error',
        error: { type: 'overloaded_error', message: failure.message ?? 'Overloaded.' },
      };
      response.writeHead(200, { 'content-type': contentType });
      response.end(half() + eventText({ event: 'error', data: error }));
      return;
    }
    default:
      break;
  }
  writeError(failure, isAnthropic, response);
}

function writeError(failure: ProgrammedFailure, isAnthropic: boolean, response: ServerResponse): void {
  const shape = ERROR_RESPONSES[failure.fail] ?? ERROR_RESPONSES['overloaded'];
  if (shape === undefined) throw new Error(`no form for ${failure.fail}`);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (failure.retryAfter !== undefined) headers['retry-after'] = String(failure.retryAfter);
  if (failure.retryAfterMilliseconds !== undefined) {
    headers['retry-after-ms'] = String(failure.retryAfterMilliseconds);
  }
  const message = failure.message ?? shape.text;
  const body = isAnthropic
    ? { type: 'error', error: { type: shape.anthropic, message } }
    : { error: { message, param: null, ...shape.openai } };
  response.writeHead(isAnthropic ? (shape.anthropicStatus ?? shape.status) : shape.status, headers);
  response.end(JSON.stringify(body));
}
