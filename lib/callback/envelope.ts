import * as v from 'valibot';
import { CallbackRefused } from './errors.ts';
import { readXml } from './xml.ts';

/** A repeated element would be an array. */
const Envelope = v.object({ Encrypt: v.pipe(v.string(), v.nonEmpty()) });

/**
 * The ciphertext in the body of a push (document 90238). Of the outer XML nothing else is read: it
 * is not signed.
 *
 * @param body of bounded length
 * @throws CallbackRefused
 */
export function readEnvelope(body: string): string {
  const result = v.safeParse(Envelope, readXml(body));
  if (!result.success) throw new CallbackRefused('-40002');
  return result.output.Encrypt;
}
