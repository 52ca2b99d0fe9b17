import type { Content } from './referee-events.js';

/** Bytes as the log stores them: text where they are UTF-8, else base64. */
export function toContent(bytes: Buffer): Content {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes)
    ? { encoding: 'utf8', text }
    : { encoding: 'base64', text: bytes.toString('base64') };
}

/** The bytes that {@link toContent} was given. */
export function fromContent(content: Content): Buffer {
  return Buffer.from(content.text, content.encoding);
}
