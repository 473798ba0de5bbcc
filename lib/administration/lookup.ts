import { lookup as lookUp } from 'node:dns/promises';

/** The addresses of a host, as this machine resolves it. Throws where there are none. */
export type Lookup = (host: string) => Promise<string[]>;

/** An administrator is waiting for the name server. */
const LOOKUP_MS = 3_000;

export const lookup: Lookup = async (host) =>
  (await lookUp(host, { all: true })).map(({ address }) => address);

/** @returns nothing where the host has no address, or the name server takes too long */
export async function resolve(host: string, lookup: Lookup): Promise<string[] | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(done, LOOKUP_MS, undefined);
  });
  const found = await Promise.race([lookup(host).catch(() => undefined), late]);
  clearTimeout(timer);
  return found;
}
