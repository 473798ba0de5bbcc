import type { Clock } from '../clock.ts';
import type { Invocation } from '../invocation.ts';
import { getUser } from '../wecom/api/getUser.ts';
import type { WecomClient } from '../wecom/client.ts';
import { foldUserid } from '../wecom/userid.ts';
import type { Departments } from './departments.ts';
import { departmentsUpward } from './departmentsUpward.ts';
import type { DirectoryRecord } from './directoryRecord.ts';
import { goneReading, readingOf } from './memberReading.ts';
import type { MemberGroups, MemberReading } from './membership.ts';
import { GROUP_SOURCES_AGE } from './nextReading.ts';
import type { Tags } from './tags.ts';

/** Asks WeCom about members. What it throws means that WeCom could not be asked. */
export interface DirectoryReader {
  /** `user/get`. That WeCom does not know or show the member is an answer. */
  member(userid: string, invocation: Invocation): Promise<MemberReading>;
  /** What the member's own departments come to: `department/get` and `tag/get`, both remembered. */
  groups(
    userid: string,
    departments: readonly number[],
    directory: DirectoryRecord,
    invocation: Invocation,
  ): Promise<MemberGroups>;
}

/** So many tags are read at a time. */
const AT_ONCE = 10;

export function createDirectoryReader(
  client: WecomClient,
  departments: Departments,
  tags: Tags,
  clock: Clock,
): DirectoryReader {
  return {
    async member(userid, invocation) {
      const readAt = clock.now();
      try {
        return readingOf(await getUser(client, userid, invocation), readAt);
      } catch (error) {
        const reading = goneReading(error, readAt);
        if (reading === undefined) throw error;
        return reading;
      }
    },

    async groups(userid, of, directory, invocation) {
      const freshness = { version: directory.version, age: GROUP_SOURCES_AGE };
      const workedOutAt = clock.now();
      const upward = await departmentsUpward(of, async (id) => {
        const { parentId } = await departments.read(id, invocation, freshness);
        return parentId;
      });
      const carried: number[] = [];
      for (let from = 0; from < directory.tags.length; from += AT_ONCE) {
        const ids = directory.tags.slice(from, from + AT_ONCE);
        const read = await Promise.all(ids.map((id) => tags.read(id, invocation, freshness)));
        carried.push(...ids.filter((_, at) => carries(read[at])));
      }
      function carries(tag: Awaited<ReturnType<Tags['read']>> | undefined): boolean {
        if (tag === undefined) return false;
        // Whether a tag's department brings those below it along is not documented: here it does.
        return (
          tag.userids.has(foldUserid(userid)) || tag.departments.some((id) => upward.includes(id))
        );
      }
      return { of, departments: upward, tags: carried, version: directory.version, workedOutAt };
    },
  };
}
