import type { Department, Member } from './types.ts';

/** A change of the company for which WeCom pushes an event (documents 90240 and 96302 to 96304). */
export type Change =
  | { kind: 'subscribe' | 'unsubscribe'; agentid: number; userid: string }
  | { kind: 'create_user'; member: Member }
  | { kind: 'update_user'; before: Member; member: Member }
  | { kind: 'delete_user'; member: Member }
  | { kind: 'create_party'; department: Department }
  | { kind: 'update_party'; before: Department; department: Department }
  | { kind: 'delete_party'; id: number }
  | {
      kind: 'update_tag';
      tagid: number;
      addUsers: readonly string[];
      delUsers: readonly string[];
      addParties: readonly number[];
      delParties: readonly number[];
    };

export type ChangeListener = (changes: readonly Change[]) => void;
