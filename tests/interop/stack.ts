import { type Started, startProvider } from '../relyingParties/provider.ts';

let started: Promise<Started> | undefined;

/** @returns the local stack, with the emulated WeCom; started once for all parts */
export function stack(): Promise<Started> {
  started ??= startProvider([]);
  return started;
}

/** Ends the stack, if a part started it. */
export async function closeStack(): Promise<void> {
  // A stack that did not start was reported by the part that needed it.
  const running = await started?.catch(() => undefined);
  await running?.close();
}

/** @param offset from PORT, as `npm start -- --help` has it */
export function portOf({ issuer }: Started, offset: number): number {
  return Number(new URL(issuer).port) + offset;
}
