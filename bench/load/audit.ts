import type { Changes } from './changes.ts';
import { bearer, type World } from './world.ts';

export interface Audit {
  readonly lines: number;
  readonly problems: readonly string[];
}

interface Line {
  readonly by: string;
  readonly subject: string;
  readonly before: object | null;
  readonly after: { readonly suspendedAt?: string } | null;
  readonly cause?: { readonly kind: string };
}

const MOST_PAGES = 100;

/** Compares the history of all grants with what the load generator and WeCom did. */
export async function readAudit(world: World, changes: Changes): Promise<Audit> {
  const lines = await history(world);
  const problems: string[] = [];
  const count = (subject: string, isCounted: (line: Line) => boolean) =>
    lines.filter((line) => line.subject === subject && isCounted(line)).length;
  const isGiven = ({ by, before }: Line) => by === 'wecom:user123' && before === null;
  for (const subject of changes.granted) {
    const found = count(subject, isGiven);
    if (found !== 1) problems.push(`${subject} was granted once and has ${found} lines`);
  }
  for (const subject of changes.perhapsGranted) {
    const found = count(subject, isGiven);
    if (found > 1) problems.push(`${subject} was granted at most once and has ${found} lines`);
  }
  const granted = new Set(changes.granted);
  for (const { from, to } of changes.renamed) {
    if (!granted.has(`user:${from}`)) continue;
    const moved = count(`user:${to}`, ({ cause }) => cause?.kind === 'renamed');
    if (moved !== 1) problems.push(`user:${to} has ${moved} lines of the rename`);
  }
  const renamed = new Set(changes.renamed.map(({ from }) => from));
  for (const { userid, grant, refusedFromMs } of world.people.all) {
    // The push was acknowledged, so the grant must be suspended.
    if (grant !== 'own' || refusedFromMs === undefined || renamed.has(userid)) continue;
    const suspended = count(`user:${userid}`, ({ after }) => after?.suspendedAt !== undefined);
    if (suspended !== 1) problems.push(`user:${userid} left and has ${suspended} suspensions`);
  }
  return { lines: lines.length, problems };
}

async function history(world: World): Promise<Line[]> {
  const lines: Line[] = [];
  let next: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const cursor = next === undefined ? '' : `?${new URLSearchParams({ cursor: next })}`;
    const response = await fetch(
      `${world.addresses.api}/api/admin/history${cursor}`,
      bearer(world.administrator),
    );
    const { data } = (await response.json()) as { data: { history: Line[]; next?: string } };
    lines.push(...data.history);
    if (data.next === undefined) return lines;
    next = data.next;
  }
  throw new Error('the history has too many pages');
}
