import type { TimeSource } from '../../lib/clock.ts';
import type { WecomAnswer, WecomClient } from '../../lib/wecom/client.ts';
import { WecomTransportError } from '../../lib/wecom/errors.ts';

/** A client of WeCom with a test's own answers, without HTTP. It records its calls. */
export interface FakeWecom {
  readonly client: WecomClient;
  /** Each call, such as `user/get` or `tag/get 7`, in order. */
  readonly calls: string[];
  /** Fields of `user/get`. They override those of an active member of department 3. */
  user: Record<string, unknown>;
  /** The parent of each department. */
  parents: Record<number, number>;
  tags: Record<number, Record<string, unknown>>;
  /** Thrown by every call. */
  failure: Error | undefined;
  /** Thrown by the calls of one API. */
  failures: Record<string, Error | undefined>;
  /** Runs during `user/get`. */
  meanwhile: () => Promise<unknown> | undefined;
}

export function createFakeWecom(clock: TimeSource): FakeWecom {
  const fake: FakeWecom = {
    calls: [],
    user: {},
    parents: { 1: 0, 3: 1, 4: 1 },
    tags: {},
    failure: undefined,
    failures: {},
    meanwhile: () => undefined,
    async client({ api, query }, { deadline }) {
      const of = query['tagid'] ?? query['id'];
      fake.calls.push(of === undefined ? api : `${api} ${of}`);
      if (api === 'user/get') await fake.meanwhile();
      if (clock.now() >= deadline) throw new WecomTransportError('No time left to ask WeCom');
      const failure = fake.failure ?? fake.failures[api];
      if (failure) throw failure;
      return answer(api, query);
    },
  };

  function answer(api: string, query: Readonly<Record<string, string>>): WecomAnswer {
    switch (api) {
      case 'user/get':
        return { userid: query['userid'], status: 1, department: [3], ...fake.user };
      case 'department/list':
        return {
          department: Object.entries(fake.parents).map(([id, parentid]) => ({
            id: Number(id),
            parentid,
          })),
        };
      case 'department/get':
        return { department: { parentid: fake.parents[Number(query['id'])] ?? 0 } };
      default:
        return { userlist: [], partylist: [], ...fake.tags[Number(query['tagid'])] };
    }
  }
  return fake;
}
