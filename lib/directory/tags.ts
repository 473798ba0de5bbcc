import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { Table } from '../dynamodb/table.ts';
import type { Invocation } from '../invocation.ts';
import { type App, tagKey } from '../tableKeys.ts';
import { getTag } from '../wecom/api/getTag.ts';
import type { WecomClient } from '../wecom/client.ts';
import { WecomErrcode } from '../wecom/errors.ts';
import { createSharedReading, type SharedReading } from './sharedReading.ts';

/** Who carries a tag, as far as WeCom shows it to the app. */
export interface Tag {
  /** Folded. */
  readonly userids: ReadonlySet<string>;
  readonly departments: readonly number[];
}

/** Tags, remembered. One that does not exist any more, or that the app may not see, is empty. */
export type Tags = SharedReading<Tag>;

/** Userids and departments, of all remembered tags together. */
const MEMORY_ENTRIES = 200_000;

/** No such tag; no right to it (documents 90213 and 90313). */
const NOT_SHOWN = [40068, 60011, 81011];

/** Userids in one text: as a list, ten thousand of them would cost each reader milliseconds. */
const SEPARATOR = '\n';

const Stored = v.object({ userids: v.string(), departments: v.array(v.number()) });

/**
 * A tag with so many members that DynamoDB takes no item of it (400 kB: some twenty thousand
 * userids) is remembered by each instance alone.
 */
export function createTags(app: App, client: WecomClient, table: Table, clock: Clock): Tags {
  async function ask(id: number, invocation: Invocation): Promise<Tag> {
    try {
      const { userids, departments } = await getTag(client, id, invocation);
      return { userids: new Set(userids), departments };
    } catch (error) {
      if (!(error instanceof WecomErrcode && NOT_SHOWN.includes(error.errcode))) throw error;
      invocation.log.warn('A grant names a tag that WeCom does not show: it counts as empty', {
        tagId: id,
        ...error.details,
      });
      return { userids: new Set(), departments: [] };
    }
  }

  return createSharedReading<Tag>({
    keyOf: (id) => tagKey(app, id),
    table,
    clock,
    ask,
    store: ({ userids, departments }) => ({
      userids: [...userids].join(SEPARATOR),
      departments,
    }),
    restore(item) {
      const stored = v.safeParse(Stored, item);
      if (!stored.success) return undefined;
      const { userids, departments } = stored.output;
      return { userids: new Set(userids === '' ? [] : userids.split(SEPARATOR)), departments };
    },
    weight: ({ userids, departments }) => 1 + userids.size + departments.length,
    room: MEMORY_ENTRIES,
  });
}
