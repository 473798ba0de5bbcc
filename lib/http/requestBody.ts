import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as v from 'valibot';
import { InvalidRequest } from '../errors.ts';

/** A code has at most 512 bytes; with a state and a verifier the longest honest body is under 2 kB. */
const BODY_CHARACTERS = 16 * 1024;

/**
 * Reads a JSON body and checks it against a schema whose messages are Chinese, because the first
 * one that applies goes to the caller.
 *
 * @param empty what to say when there is no body at all
 * @throws InvalidRequest
 */
export function readJsonBody<Schema extends v.GenericSchema>(
  event: APIGatewayProxyEventV2,
  schema: Schema,
  empty: string,
): v.InferOutput<Schema> {
  const { body = '' } = event;
  if (!body) throw new InvalidRequest(empty);
  // Judged before it is decoded or parsed, so that a huge body costs nothing.
  if (body.length > BODY_CHARACTERS) throw new InvalidRequest('请求体过大');

  const result = v.safeParse(schema, parseObject(event.isBase64Encoded ? decode(body) : body));
  if (!result.success) throw new InvalidRequest(result.issues[0].message);
  // Last, so that who forgets the header and something else first hears of what it is about.
  const contentType = event.headers?.['content-type'];
  if (contentType && !/^application\/(\w[\w.-]*\+)?json\s*(;|$)/i.test(contentType)) {
    throw new InvalidRequest('Content-Type 必须是 application/json');
  }
  return result.output;
}

function decode(body: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64'));
  } catch {
    throw new InvalidRequest('请求体不是有效的 UTF-8');
  }
}

function parseObject(text: string): object {
  let names = 0;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, function count(this: unknown, _name, value) {
      if (!Array.isArray(this)) names += 1;
      return value;
    });
  } catch {
    throw new InvalidRequest('请求体不是有效的 JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new InvalidRequest('请求体必须是 JSON 对象');
  }
  // JSON.parse keeps the last of two equal names; whoever checked the first was fooled (RFC 8259 §4).
  // Every text is matched whole, so that none is searched again from each quote inside it.
  const texts = text.match(/"(?:[^"\\]|\\.)*"(?:\s*:)?/g) ?? [];
  const written = texts.filter((each) => each.endsWith(':')).length;
  if (written !== names - 1) throw new InvalidRequest('请求体有重复的字段');
  return parsed;
}
