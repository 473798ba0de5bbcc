import * as v from 'valibot';
import { ConfigurationError } from '../errors.ts';

/**
 * The source of a push. WeCom gives each source a Token and an EncodingAESKey of its own: `app` is
 * the app's 接收消息 (document 90238), `contacts` the contact book's 通讯录同步 (document 90967).
 */
export const channels = ['app', 'contacts'] as const;

export type Channel = (typeof channels)[number];

export function isChannel(text: string | undefined): text is Channel {
  return channels.some((channel) => channel === text);
}

/** A decoded EncodingAESKey: the key of AES-256, and the initialization vector that WeCom takes from it. */
export interface AesKey {
  /** 32 bytes. */
  readonly key: Buffer;
  /** The first 16 bytes of the key (document 90968). */
  readonly iv: Buffer;
}

/** 43 letters and digits (document 90968). */
export const ENCODING_AES_KEY = /^[0-9A-Za-z]{43}$/;

/**
 * 43 characters carry 258 bits and a key has 256. WeCom chooses all 43 freely, so in most real keys
 * the two spare bits are not zero. A strict base64 decoder refuses such a key; Node's does not.
 *
 * @param encodingAesKey matches `ENCODING_AES_KEY`
 */
export function decodeEncodingAesKey(encodingAesKey: string): AesKey {
  const key = Buffer.from(encodingAesKey, 'base64');
  return { key, iv: key.subarray(0, 16) };
}

/** The keys that WeCom and this deployment share for one channel. */
export interface SharedKeys {
  readonly token: string;
  readonly key: AesKey;
}

const text = v.string('must be a text');

/** The JSON in the SecureString. Every message is written out: valibot's own messages quote the value. */
const Stored = v.object(
  {
    token: v.pipe(text, v.regex(/^[0-9A-Za-z]{1,32}$/, 'must be 1 to 32 letters and digits')),
    encodingAesKey: v.pipe(text, v.regex(ENCODING_AES_KEY, 'must be 43 letters and digits')),
  },
  'is missing',
);

/**
 * Reads the value of a channel's parameter.
 *
 * @param name the parameter's name, for the error
 * @throws ConfigurationError that lists every problem of the value, and never the value itself
 */
export function readSharedKeys(value: string, name: string | undefined): SharedKeys {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    // The parser's own message quotes the value.
    throw badKeys(name, ['the value is not JSON']);
  }
  if (Array.isArray(parsed)) throw badKeys(name, ['the value is not a JSON object']);
  const result = v.safeParse(Stored, parsed);
  if (!result.success) throw badKeys(name, result.issues.map(problemOf));
  const { token, encodingAesKey } = result.output;
  return { token, key: decodeEncodingAesKey(encodingAesKey) };
}

function problemOf(issue: v.InferIssue<typeof Stored>): string {
  const field = v.getDotPath(issue);
  return field ? `${field} ${issue.message}` : 'the value is not a JSON object';
}

function badKeys(name: string | undefined, problems: readonly string[]): ConfigurationError {
  return new ConfigurationError("A callback channel's keys are wrong", {
    parameter: name,
    problems,
    advice: "Copy Token and EncodingAESKey again from WeCom's console into this SecureString.",
  });
}
