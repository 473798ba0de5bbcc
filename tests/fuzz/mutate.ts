import type { Random } from '../harness/random.ts';

/** Values at which parsers err. */
const NUMBERS = ['0', '-1', '1e400', '4294967295', '4294967296', '9007199254740993', '0x10', '00'];
const MAX_BYTES = 4 * 1024;

/**
 * Changes an input in one to eight places.
 *
 * @param other another input, of which a piece may be taken
 * @param words of the code
 * @returns at most 4 kB
 */
export function mutate(
  input: Buffer,
  other: Buffer,
  words: readonly string[],
  random: Random,
): Buffer {
  let changed = input;
  for (let times = 1 + random.below(8); times > 0; times -= 1) {
    changed = changeOnce(changed, other, words, random);
  }
  return changed.subarray(0, MAX_BYTES);
}

function changeOnce(
  input: Buffer,
  other: Buffer,
  words: readonly string[],
  random: Random,
): Buffer {
  const at = random.below(input.length + 1);
  const length = random.below(random.pick([2, 8, 64, input.length - at + 1]));
  const [before, piece, after] = [
    input.subarray(0, at),
    input.subarray(at, at + length),
    input.subarray(at + length),
  ];
  switch (random.below(9)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, piece, piece, after]);
    case 2:
      return Buffer.concat([before, Buffer.from(random.bytes(4), 'latin1'), after]);
    case 3:
      return Buffer.concat([before, Buffer.from(random.text(3)), piece, after]);
    case 4:
      return Buffer.concat([before, Buffer.from(random.pick(words)), piece, after]);
    case 5:
      return Buffer.concat([before, Buffer.from(random.pick(words)), after]);
    case 6: {
      const from = random.below(other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + random.below(64)), after]);
    }
    case 7: {
      const text = input.toString('latin1');
      const number = /\d+/g;
      const found = [...text.matchAll(number)];
      const one = found.length === 0 ? undefined : random.pick(found);
      if (one === undefined) return input;
      const end = one.index + one[0].length;
      return Buffer.from(
        text.slice(0, one.index) + random.pick(NUMBERS) + text.slice(end),
        'latin1',
      );
    }
    default: {
      const copy = Buffer.from(input);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
  }
}
