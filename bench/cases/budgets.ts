import type { OnTheWire } from '../../tests/harness/lambda/wire.ts';
import type { Budget } from '../measure/budget.ts';
import type { Comparison } from '../measure/comparison.ts';
import type { FunctionSize } from '../measure/report.ts';

/** The most calls of WeCom, how many one after the other, and the most requests of DynamoDB. */
const ON_THE_WIRE: Readonly<Record<string, readonly [number, number, number]>> = {
  'verify, warm': [0, 0, 1],
  'sign-in, warm': [3, 2, 2],
  'sign-in, warm, a department that is not cached': [4, 3, 3],
};

/** Ratios, bytes and requests, against their budgets. */
export function budgetsOf(
  comparisons: readonly Comparison[],
  sizes: readonly FunctionSize[],
  wire: readonly OnTheWire[],
): Budget[] {
  return [
    ...comparisons.flatMap(({ what, against, ratio, budget }) =>
      budget === undefined
        ? []
        : {
            what: `${what}, against ${against}`,
            limit: `≤ ${budget.toFixed(2)} ×`,
            measured: `${ratio.median.toFixed(2)} ×`,
            isMet: ratio.median <= budget,
          },
    ),
    ...sizes.flatMap(({ name, bytes, budget }) =>
      budget === undefined
        ? []
        : {
            what: `bytes that ${name} loads, minified`,
            limit: `≤ ${budget / 1_000} kB`,
            measured: `${(bytes / 1_000).toFixed(1)} kB`,
            isMet: bytes <= budget,
          },
    ),
    ...Object.entries(ON_THE_WIRE).map(([what, [calls, depth, requests]]) => {
      const found = wire.find((each) => each.what === what);
      if (found === undefined) throw new Error(`nothing was measured of: ${what}`);
      const { wecom, dynamoDb } = found;
      return {
        what: `${what}: calls of WeCom, how many one after the other, requests of DynamoDB`,
        limit: `≤ ${calls}, ${depth}, ${requests}`,
        measured: `${wecom.length}, ${found.depth}, ${dynamoDb.length}`,
        isMet: wecom.length <= calls && found.depth <= depth && dynamoDb.length <= requests,
      };
    }),
  ];
}
