import type { FetchParameter } from '../parameters/parameter.ts';
import { clock, once } from './base.ts';

/** Loaded when a parameter is first needed: a sign-in that finds the token in DynamoDB needs none. */
const ssm = /* @__PURE__ */ once(async (): Promise<FetchParameter> => {
  const { createSsm, createSsmClient } = await import('../parameters/ssm.ts');
  return createSsm(createSsmClient(clock));
});

/** One SSM client for every parameter. */
export const fetchParameter = /* @__PURE__ */ once(
  (): FetchParameter => async (name) => (await ssm())(name),
);
