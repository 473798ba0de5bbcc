/** Random input from a seed, so that a failure can be reproduced. */
export interface Random {
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
  /** Random bytes up to this number, as a string of one character for each. */
  bytes(atMost: number): string;
  /** Up to this number of pieces, many of them special in XML or a query. */
  text(atMost: number): string;
  /** The text after up to ten changes: a piece is removed, doubled or replaced. */
  mutated(text: string): string;
}

const PIECES = [
  ...'<>/&;=%+"\'![]?#\0\n\t aZ09_-.中𠮷',
  '<xml>',
  '</xml>',
  '<Encrypt>',
  '</Encrypt>',
  '<![CDATA[',
  ']]>',
  '<!DOCTYPE xml [<!ENTITY a "b">]>',
  '<?xml version="1.0"?>',
  '<!--',
  '-->',
  '__proto__',
  '%00',
  '%ff',
  '\ufeff',
  '\ud800',
];

/** Marsaglia's xorshift on 32 bits. */
export function randomGenerator(seed: number): Random {
  let state = seed | 1;
  function next(): number {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  }
  const below = (limit: number) => Math.floor(next() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const many = (atMost: number, make: () => string) =>
    Array.from({ length: below(atMost + 1) }, make).join('');

  function mutation(text: string): string {
    const from = below(text.length);
    const to = from + below(pick([2, 10, text.length - from]));
    const piece = text.slice(from, to);
    const with_ = pick([pick(PIECES), '', piece + piece, String.fromCharCode(below(256))]);
    return text.slice(0, from) + with_ + text.slice(to);
  }

  return {
    below,
    pick,
    bytes: (atMost) => many(atMost, () => String.fromCharCode(below(256))),
    text: (atMost) => many(atMost, () => pick(PIECES)),
    mutated(text) {
      let mutant = text;
      for (let times = below(10) + 1; times > 0; times -= 1) mutant = mutation(mutant);
      return mutant;
    },
  };
}
