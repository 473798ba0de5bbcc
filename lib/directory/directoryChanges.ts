import type { Invocation } from '../invocation.ts';

/** What an event of WeCom's says to read again; none says what the new state is. */
export interface DirectoryChanges {
  memberLeft(userid: string, invocation: Invocation): Promise<void>;
  memberChanged(userid: string, invocation: Invocation): Promise<void>;
  departmentChanged(departmentId: number, invocation: Invocation): Promise<void>;
  tagChanged(tagId: number, invocation: Invocation): Promise<void>;
}
