import * as v from 'valibot';
import { WecomUnreadableAnswer } from './errors.ts';

/*
 * The one reader of WeCom's answers. Every field that we use is one of three:
 *
 *   absent       has its documented default
 *   readable     has the documented type; digits in a text count as the number, and null as an
 *                absent text
 *   unreadable   is anything else: the whole answer is a bad answer, so nothing is decided on it
 */

/** The fields of an answer, not yet checked. */
export type WecomAnswer = Record<string, unknown>;

/** A text that WeCom may leave out or send as null: then `''`. */
export const text = v.pipe(
  v.nullish(v.string(), ''),
  v.transform((value) => value ?? ''),
);

/** A whole number from 0, also as digits in a text. */
export const wholeNumber = v.pipe(v.custom<number | string>(isWholeNumber), v.transform(Number));

/** The id of a department or tag: 1 to 2^32 - 1 (documents 90204 and 90210). */
export const groupId = v.pipe(
  wholeNumber,
  v.check((value) => value >= 1 && value < 2 ** 32),
);

/** The id of the department above: 0 above the root. */
export const parentId = v.pipe(
  wholeNumber,
  v.check((value) => value < 2 ** 32),
);

/** Ids that WeCom may leave out: then none. */
export const groupIds = v.optional(v.array(groupId), []);

/** `01` and `1.0` are not digits that WeCom writes: they are unreadable. */
function isWholeNumber(value: unknown): boolean {
  if (typeof value === 'string') return /^(0|[1-9]\d{0,14})$/.test(value);
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * Narrows an answer to the fields we use; fields we do not know are dropped.
 *
 * @throws WecomUnreadableAnswer when a required field is absent or any field is unreadable. It names the
 *   fields, never their values.
 */
export function read<Schema extends v.GenericSchema>(
  api: string,
  schema: Schema,
  answer: WecomAnswer,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, answer);
  if (result.success) return result.output;
  const fields = result.issues.map((issue) => v.getDotPath(issue) ?? '(answer)');
  throw new WecomUnreadableAnswer('A field of the answer is missing or unreadable', {
    api,
    fields: [...new Set(fields)].slice(0, 10),
  });
}
