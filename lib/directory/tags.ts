import type { Clock } from '../clock.ts';
import type { Item } from '../dynamodb/item.ts';
import type { Table } from '../dynamodb/table.ts';
import { WecomAuthError } from '../errors.ts';
import { type Invocation, isOutOfTime } from '../invocation.ts';
import { type App, keyText, tagKey, tagMembersKey } from '../tableKeys.ts';
import { getTag, type Tag } from '../wecom/api/getTag.ts';
import type { WecomClient } from '../wecom/client.ts';
import { isGroupNotShown, WecomUnreadableAnswer } from '../wecom/errors.ts';
import { foldUserid } from '../wecom/userid.ts';
import { RETRY_PAUSE_MS } from './freshness.ts';
import {
  type CacheParts,
  discardAnswer,
  type Freshness,
  ignoreUnavailable,
  Memory,
  putAnswer,
  readAtOf,
} from './sharedCache.ts';
import {
  headInMemory,
  listsMember,
  PART_TTL_MS,
  partOfMember,
  restoreHead,
  storedTag,
  type TagHead,
  weightOf,
} from './tagHead.ts';

/** What a tag says about a member. */
export interface TagFacts {
  /** Whether it lists the userid. */
  readonly listsMember: boolean;
  /** Members of these departments have the tag too. */
  readonly departments: readonly number[];
  /** Whether all of its entries could be read. */
  readonly complete: boolean;
}

/** WeCom does not answer about a tag, or its answer cannot be read: earlier data may not be used then. */
type NoTag = 'unreachable' | 'unreadable';
/** Of a tag that cannot be read: any member may be in it. */
const NO_FACTS: TagFacts = { listsMember: false, departments: [], complete: false };

/** Userids, hashes and departments of all tags in memory together. */
const MEMORY_ENTRIES = 200_000;
/** Tags read from WeCom in parallel. */
const ASKED_AT_ONCE = 10;
/** Tags written in parallel, and parts of each: the client of DynamoDB has 50 connections. */
const STORED_AT_ONCE = 3;
const PARTS_AT_ONCE = 12;
/** Paused tags in memory. */
const MAX_PAUSED = 1_000;

/**
 * Tags as WeCom shows them to the app, cached in each instance and in the cache table. A tag that no
 * longer exists, or that the app may not see, is empty.
 */
export class Tags {
  readonly #client: WecomClient;
  readonly #table: Table;
  readonly #app: App;
  readonly #clock: Clock;
  readonly #memory: Memory<TagHead>;
  /** Tags that could not be read, and until when WeCom is not asked about them. */
  readonly #paused = new Map<number, { until: number; result: NoTag }>();

  constructor({ client, table, app, clock }: CacheParts) {
    this.#client = client;
    this.#table = table;
    this.#app = app;
    this.#clock = clock;
    this.#memory = new Memory(clock, MEMORY_ENTRIES, weightOf);
  }

  /**
   * What each tag says about the member. Reads heads and parts with one BatchGetItem each for every
   * hundred tags, and calls `tag/get` for the tags that are not stored.
   *
   * @returns by id; tags about which WeCom does not answer are absent
   */
  async factsAbout(
    userid: string,
    ids: readonly number[],
    invocation: Invocation,
    freshness: Freshness,
  ): Promise<Map<number, TagFacts>> {
    const member = foldUserid(userid);
    const heads = new Map<number, TagHead>();
    for (const id of ids) {
      const known = this.#memory.get(id, freshness);
      if (known) heads.set(id, known);
    }
    const stored = new Map<number, Item>();
    const absent = ids.filter((id) => !heads.has(id));
    let answered = await this.#loadHeads(absent, heads, stored, invocation, freshness);
    const facts = await this.#factsOf(member, heads, invocation);

    const unanswered = ids.filter((id) => !facts.has(id));
    // Heads that name a missing or damaged part.
    const broken = unanswered.filter((id) => heads.has(id));
    const unseen = broken.filter((id) => !stored.has(id));
    const again = await this.#loadHeads(unseen, new Map(), stored, invocation, freshness);
    answered = answered && again;
    for (const id of broken) {
      this.#memory.delete(id);
      // Without `partsUntil`, all parts are written again.
      const { partsUntil: _, ...item } = stored.get(id) ?? {};
      if (stored.has(id)) stored.set(id, item);
    }

    const read: { id: number; tag: Tag; readAt: number }[] = [];
    await inGroups(unanswered, ASKED_AT_ONCE, async (id) => {
      const readAt = this.#clock.now();
      const tag = await this.#ask(id, invocation);
      if (tag === 'unreachable') return;
      if (tag === 'unreadable') {
        facts.set(id, NO_FACTS);
        return;
      }
      facts.set(id, factsOfTag(tag, member));
      this.#memory.set(id, headInMemory(tag), readAt, freshness);
      read.push({ id, tag, readAt });
    });
    if (answered && read.length > 0) {
      const written = inGroups(read, STORED_AT_ONCE, async ({ id, tag, readAt }) => {
        const head = await this.#store(id, tag, readAt, stored.get(id));
        if (head) this.#memory.set(id, head, readAt, freshness);
      });
      invocation.waitUntil(written.catch(ignoreUnavailable(invocation)));
    }
    return facts;
  }

  /** After an event about the tag; see `discardAnswer`. */
  async discard(id: number): Promise<void> {
    this.#memory.delete(id);
    this.#paused.delete(id);
    await discardAnswer(this.#table, tagKey(this.#app, id), this.#clock.now());
  }

  /**
   * Puts heads that may be used into `heads`, and every item into `stored`.
   *
   * @returns whether the table answered
   */
  async #loadHeads(
    ids: readonly number[],
    heads: Map<number, TagHead>,
    stored: Map<number, Item>,
    invocation: Invocation,
    freshness: Freshness,
  ): Promise<boolean> {
    const items = await this.#batchGet(
      ids.map((id) => tagKey(this.#app, id)),
      invocation,
    );
    if (items === undefined) return false;
    for (const id of ids) {
      const item = items.get(keyText(tagKey(this.#app, id)));
      if (item === undefined) continue;
      stored.set(id, item);
      const readAt = readAtOf(item, freshness, this.#clock.now());
      const head = readAt === undefined ? undefined : restoreHead(item);
      if (head === undefined || readAt === undefined) continue;
      heads.set(id, head);
      this.#memory.set(id, head, readAt, freshness);
    }
    return true;
  }

  /** What the heads say about the member. Heads with a missing or damaged part are left out. */
  async #factsOf(
    member: string,
    heads: ReadonlyMap<number, TagHead>,
    invocation: Invocation,
  ): Promise<Map<number, TagFacts>> {
    const facts = new Map<number, TagFacts>();
    const parts = new Map<number, string>();
    for (const [id, head] of heads) {
      const { departments, complete } = head;
      if ('parts' in head) parts.set(id, partOfMember(head.parts, member));
      else facts.set(id, { listsMember: head.members.has(member), departments, complete });
    }
    const items = await this.#batchGet(
      [...new Set(parts.values())].map((hash) => tagMembersKey(this.#app, hash)),
      invocation,
    );
    for (const [id, hash] of parts) {
      const head = heads.get(id);
      const text = items?.get(keyText(tagMembersKey(this.#app, hash)))?.['userids'];
      const listed = await listsMember(text, hash, member);
      if (head === undefined || listed === undefined) continue;
      const { departments, complete } = head;
      facts.set(id, { listsMember: listed, departments, complete });
    }
    return facts;
  }

  /** @returns nothing if the table does not answer */
  async #batchGet(
    keys: readonly { readonly pk: string }[],
    invocation: Invocation,
  ): Promise<Map<string, Item> | undefined> {
    const items = await this.#table.batchGet(keys).catch(ignoreUnavailable(invocation));
    return items && new Map(items.map((item) => [keyText(item), item]));
  }

  async #ask(id: number, invocation: Invocation): Promise<Tag | NoTag> {
    const paused = this.#paused.get(id);
    if (paused && this.#clock.now() < paused.until) return paused.result;
    let tag: Tag;
    try {
      tag = await getTag(this.#client, id, invocation);
    } catch (error) {
      if (isGroupNotShown(error)) {
        invocation.log.warn('A grant names a tag that WeCom does not show: it counts as empty', {
          ...error.details,
          group: `tag:${id}`,
        });
        return { userids: [], departments: [], unreadable: 0 };
      }
      if (!(error instanceof WecomAuthError)) throw error;
      const now = this.#clock.now();
      const result = error instanceof WecomUnreadableAnswer ? 'unreadable' : 'unreachable';
      if (this.#paused.size > MAX_PAUSED) this.#paused.clear();
      if (!isOutOfTime(invocation, now)) {
        this.#paused.set(id, { until: now + RETRY_PAUSE_MS, result });
      }
      invocation.log.metric('GroupUnreadable', 'A tag cannot be read', {
        ...error.details,
        group: `tag:${id}`,
        error: error.code,
      });
      return result;
    }
    if (tag.unreadable > 0) {
      invocation.log.metric('GroupUnreadable', 'Some entries of a tag cannot be read', {
        group: `tag:${id}`,
        unreadable: tag.unreadable,
      });
    }
    return tag;
  }

  /**
   * Writes the parts that are not stored yet, then the head.
   *
   * @returns the head, if it was written
   */
  async #store(
    id: number,
    tag: Tag,
    readAt: number,
    seen: Item | undefined,
  ): Promise<TagHead | undefined> {
    const { head, attributes, missingParts } = await storedTag(tag, readAt, seen);
    const ttl = Math.ceil((readAt + PART_TTL_MS) / 1_000);
    await inGroups(missingParts, PARTS_AT_ONCE, ([hash, userids]) =>
      this.#table.put({ ...tagMembersKey(this.#app, hash), userids, ttl }),
    );
    const written = await putAnswer(this.#table, tagKey(this.#app, id), attributes, readAt, seen);
    return written ? head : undefined;
  }
}

/** Works on groups of `size` one after the other, and in parallel within each. */
async function inGroups<T>(
  all: readonly T[],
  size: number,
  work: (one: T) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < all.length; from += size) {
    await Promise.all(all.slice(from, from + size).map(work));
  }
}

function factsOfTag({ userids, departments, unreadable }: Tag, member: string): TagFacts {
  return { listsMember: userids.includes(member), departments, complete: unreadable === 0 };
}
