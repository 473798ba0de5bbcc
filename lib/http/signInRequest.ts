import * as v from 'valibot';
import { InvalidRequest } from '../errors.ts';
import type { HttpRequest } from './request.ts';

/**
 * An authorization code of WeCom. It has at most 512 bytes (document 91023). Its alphabet is not
 * documented, so only what cannot be part of one is refused: `&`, `?`, `#`, `%`, blanks, control
 * characters and everything outside ASCII.
 */
export const Code = v.pipe(
  v.string('缺少授权码'),
  v.nonEmpty('缺少授权码'),
  v.maxLength(512, '授权码过长'),
  v.regex(/^[\w.~+/=-]+$/, '授权码格式不正确'),
);

/**
 * The body of `POST /api/wecom/getUserInfo`. State and verifier need only be texts here: the sign-in
 * checks them, and has one answer for every invalid one.
 */
const SignInBody = v.object(
  {
    code: Code,
    state: v.optional(v.string('state 须为字符串')),
    code_verifier: v.optional(v.string('code_verifier 须为字符串')),
  },
  '缺少授权码',
);

/** Reads `POST /api/wecom/getUserInfo`. @throws InvalidRequest */
export function readSignInRequest(request: HttpRequest) {
  const { code, state, code_verifier } = readJsonBody(request, SignInBody, '缺少授权码');
  return { code, state, verifier: code_verifier };
}

/** With the longest code, a state and a verifier a body is under 2 kB. */
const BODY_CHARACTERS = 16 * 1024;

/**
 * Reads a JSON body and checks it against a schema. The schema's messages are Chinese, because the
 * first one that applies goes to the caller.
 *
 * @param missing the message for a request without a body
 * @param maxCharacters of the body as API Gateway gives it
 * @throws InvalidRequest
 */
export function readJsonBody<Schema extends v.GenericSchema>(
  { body, isBase64Encoded, headers }: Pick<HttpRequest, 'body' | 'isBase64Encoded' | 'headers'>,
  schema: Schema,
  missing: string,
  maxCharacters = BODY_CHARACTERS,
): v.InferOutput<Schema> {
  if (!body) throw new InvalidRequest(missing);
  // Checked before the body is decoded or parsed, so that a huge one costs nothing.
  if (body.length > maxCharacters) throw new InvalidRequest('请求体过大');

  const result = v.safeParse(schema, parseObject(isBase64Encoded ? decode(body) : body));
  if (!result.success) throw new InvalidRequest(result.issues[0].message);
  // Checked last, so that errors of the body win over a missing content type.
  const contentType = headers['content-type'];
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
  // JSON.parse keeps the last of two equal names; a proxy that checked the first one is bypassed
  // (RFC 8259 §4). Every text is matched whole, so that none is searched again from each quote in it.
  const texts = text.match(/"(?:[^"\\]|\\.)*"(?:\s*:)?/g) ?? [];
  const written = texts.filter((each) => each.endsWith(':')).length;
  if (written !== names - 1) throw new InvalidRequest('请求体有重复的字段');
  return parsed;
}
