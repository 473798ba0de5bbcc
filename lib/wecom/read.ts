import * as v from 'valibot';
import type { WecomAnswer } from './client.ts';
import { WecomBadBody } from './errors.ts';

/** A text that WeCom may leave out, or send as null: then `''`. */
export const text = v.fallback(v.string(), '');
/** An id or number that WeCom may leave out. */
export const optionalInteger = v.fallback(v.optional(v.pipe(v.number(), v.integer())), undefined);
/** A list of ids that WeCom may leave out. */
export const integers = v.fallback(v.array(v.pipe(v.number(), v.integer())), []);

/**
 * Narrows an answer to the fields we use; fields we do not know are dropped.
 *
 * @throws WecomBadBody when a field without which the answer means nothing is absent or of the
 *   wrong type. It names the fields, never their values.
 */
export function read<Schema extends v.GenericSchema>(
  api: string,
  schema: Schema,
  answer: WecomAnswer,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, answer);
  if (result.success) return result.output;
  throw new WecomBadBody('The answer lacks a field or has it in another type', {
    api,
    fields: result.issues.map((issue) => v.getDotPath(issue) ?? '(answer)').slice(0, 10),
  });
}
