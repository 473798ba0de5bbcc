import type { Details } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { memberPseudonym } from '../log/pseudonym.ts';

/** Facts about one request, for its closing log line. */
export interface Notes extends Pick<Invocation, 'note' | 'noteMember'> {
  readonly facts: Details;
}

/**
 * Without LOG_KEY in the environment the line has no `member`.
 *
 * @param ids of the request in other logs
 */
export function createNotes(environment: NodeJS.ProcessEnv, ids: Details): Notes {
  const { LOG_KEY: key, WECOM_CORP_ID: corpId = '' } = environment;
  const facts = { ...ids };
  const note = (more: Details) => void Object.assign(facts, more);
  return {
    facts,
    note,
    noteMember(userid) {
      if (key) note({ member: memberPseudonym(key, corpId, userid) });
    },
  };
}

/**
 * The id of the request's trace in X-Ray and in the logs of load balancers.
 *
 * @param header `X-Amzn-Trace-Id`; used only outside of Lambda, which sets the variable for each request
 */
export function traceIdOf(header = ''): string | undefined {
  const trace = process.env['_X_AMZN_TRACE_ID'] ?? header;
  return /Root=(1-[\da-f]{8}-[\da-f]{24})/.exec(trace)?.[1];
}
