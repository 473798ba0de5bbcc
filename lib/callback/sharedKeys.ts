import * as v from 'valibot';
import { ConfigurationError } from '../errors.ts';
import { type AesKey, decodeEncodingAesKey, ENCODING_AES_KEY } from './encodingAesKey.ts';

/** What a channel's owner shares with WeCom. */
export interface SharedKeys {
  readonly token: string;
  readonly key: AesKey;
}

const text = v.string('must be a text');

/** The JSON in the SecureString. Every message is written out: valibot's own quote the value. */
const Stored = v.object(
  {
    token: v.pipe(text, v.regex(/^[0-9A-Za-z]{1,32}$/, 'must be 1 to 32 letters and digits')),
    encodingAesKey: v.pipe(text, v.regex(ENCODING_AES_KEY, 'must be 43 letters and digits')),
  },
  'is missing',
);

/**
 * The keys in the text of a channel's parameter.
 *
 * @param name the parameter's, for the error
 * @throws ConfigurationError that lists every problem of the text, and never the text
 */
export function readSharedKeys(text: string, name: string | undefined): SharedKeys {
  const { token, encodingAesKey } = parse(text, name);
  return { token, key: decodeEncodingAesKey(encodingAesKey) };
}

function parse(value: string, name: string | undefined): v.InferOutput<typeof Stored> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    // The parser's own message quotes the value: dropped.
    throw wrong(name, ['the value is not JSON']);
  }
  const result = v.safeParse(Stored, parsed);
  if (result.success) return result.output;
  throw wrong(
    name,
    result.issues.map((issue) => {
      const field = v.getDotPath(issue);
      if (!field) return 'the value is not a JSON object';
      return `${field} ${issue.type === 'object' ? 'is missing' : issue.message}`;
    }),
  );
}

function wrong(name: string | undefined, problems: readonly string[]): ConfigurationError {
  return new ConfigurationError("A callback channel's keys are wrong", {
    parameter: name,
    problems,
    advice: "Copy Token and EncodingAESKey again from WeCom's console into this SecureString.",
  });
}
