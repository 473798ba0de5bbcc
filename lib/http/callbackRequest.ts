import type { CallbackProof } from '../callback/messageCrypt.ts';
import { InvalidRequest } from '../errors.ts';
import type { HttpRequest } from './request.ts';

/** The query of a callback: the proof, and the ciphertext when WeCom verifies the URL. */
export interface CallbackQuery extends CallbackProof {
  readonly echostr?: string;
}

/** WeCom's longest, with an echostr of 64 bytes in base64, has some 250 characters. */
const QUERY_CHARACTERS = 4 * 1024;
/**
 * A push about a tag names every member that one call added or removed: 1 000 userids of 64 characters
 * (document 90214) are 88 kB. WeCom documents no limit for the console, so this is ten times as much.
 */
const BODY_BYTES = 1024 * 1024;

const NAMES = ['msg_signature', 'timestamp', 'nonce', 'echostr'];

/**
 * Reads the query from the raw text, because every parameter must be decoded exactly once and a
 * repeated one must be noticed. Other parameters, of the operator's own URL, are ignored.
 *
 * @throws InvalidRequest
 */
export function readCallbackQuery({ rawQuery }: Pick<HttpRequest, 'rawQuery'>): CallbackQuery {
  if (rawQuery.length > QUERY_CHARACTERS) throw new InvalidRequest('请求参数过长');
  const found = new Map<string, string>();
  for (const pair of rawQuery.split('&')) {
    const [name = '', ...rest] = pair.split('=');
    if (!NAMES.includes(name)) continue;
    if (found.has(name)) throw new InvalidRequest(`请求参数 ${name} 重复`);
    found.set(name, decode(name, rest.join('=')));
  }
  const required = (name: string, form: RegExp): string => {
    const value = found.get(name);
    if (!value) throw new InvalidRequest(`缺少请求参数 ${name}`);
    if (!form.test(value)) throw new InvalidRequest(`请求参数 ${name} 格式不正确`);
    return value;
  };
  const echostr = found.get('echostr');
  return {
    signature: required('msg_signature', /^[\x20-\x7e]{1,128}$/),
    timestamp: required('timestamp', /^\d{1,10}$/),
    nonce: required('nonce', /^[\w-]{1,128}$/),
    // Base64 has no space: a proxy decoded a `+` as in a form.
    ...(echostr && { echostr: echostr.replaceAll(' ', '+') }),
  };
}

function decode(name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidRequest(`请求参数 ${name} 编码不正确`);
  }
}

/**
 * The body of a push as text.
 *
 * @throws InvalidRequest
 */
export function readCallbackBody({
  body,
  isBase64Encoded,
}: Pick<HttpRequest, 'body' | 'isBase64Encoded'>): string {
  const encoding = isBase64Encoded ? 'base64' : 'utf8';
  // Computed without decoding, so that a huge body costs nothing.
  if (Buffer.byteLength(body, encoding) > BODY_BYTES) throw new InvalidRequest('请求体过大');
  return isBase64Encoded ? Buffer.from(body, encoding).toString() : body;
}
