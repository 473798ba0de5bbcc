import { type Series, slopePerMinute } from './memory.ts';

export interface MemoryVerdict {
  readonly name: string;
  readonly isGood: boolean;
  readonly found: string;
}

/** The part of the run that counts: caches and code are warm by then. */
const STEADY_FROM = 0.3;
/** Of what is left after a garbage collection: 2 kB a request of the single `verify` at the default rate. */
const MOST_USED_PER_MINUTE = 0.5e6;
/**
 * Of the process with the embedded services. The emulator keeps codes and tickets for their lifetimes of up to
 * half an hour, and DynamoDB what the functions wrote.
 */
const MOST_SERVICES_PER_MINUTE = 5e6;
/** Of the resident memory of a single instance: what leaks outside of the heap. */
const MOST_RESIDENT_PER_MINUTE = 10e6;
/** Of one thread of serverless-offline. */
const MOST_THREAD_PER_MINUTE = 0.5e6;
/** The highest number of handles in the second half may be this much above that in the first. */
const MORE_HANDLES = 20;
/** Of the processes of the stack, where each new instance opens connections. */
const MORE_STACK_HANDLES = 100;
/** A shorter run has only its start: code is compiled and caches fill. */
const LEAST_DURATION_MS = 5 * 60_000;
/** Fewer samples make no line. */
const LEAST_SAMPLES = 4;

/**
 * Judges the processes that lived through the steady part; none in a run of less than five minutes.
 *
 * @param names of the processes that must have lived so long: one that ended may have run out of memory
 */
export function memoryVerdicts(
  all: readonly Series[],
  names: readonly string[],
  durationMs: number,
): MemoryVerdict[] {
  if (durationMs < LEAST_DURATION_MS) return [];
  const verdicts = verdictsOfLiving(all, durationMs);
  const missing = names.filter((each) => !verdicts.some(({ name }) => name === each));
  const found = 'not measured: the process ended, or did not answer';
  return [...verdicts, ...missing.map((name) => ({ name, isGood: false, found }))];
}

function verdictsOfLiving(all: readonly Series[], durationMs: number): MemoryVerdict[] {
  return all.flatMap(({ name, samples }) => {
    const steady = samples.filter(
      ({ atMs }) => atMs >= STEADY_FROM * durationMs && atMs <= durationMs,
    );
    if (steady.length < LEAST_SAMPLES) return [];
    const used = slopePerMinute(steady.map(({ atMs, usedBytes }) => [atMs, usedBytes]));
    const resident = slopePerMinute(steady.map(({ atMs, residentBytes }) => [atMs, residentBytes]));
    const thread = worstThread(steady);
    const half = Math.floor(steady.length / 2);
    const most = (part: typeof steady) => Math.max(...part.map(({ handles }) => handles));
    const moreHandles = most(steady.slice(half)) - most(steady.slice(0, half));
    const isServices = name.includes('DynamoDB');
    const isStack = name.startsWith('stack');
    const isGood =
      used <= (isServices ? MOST_SERVICES_PER_MINUTE : MOST_USED_PER_MINUTE) &&
      (thread ?? 0) <= MOST_THREAD_PER_MINUTE &&
      (isStack || resident <= MOST_RESIDENT_PER_MINUTE) &&
      moreHandles <= (isStack ? MORE_STACK_HANDLES : MORE_HANDLES);
    const found = [
      `used ${megabytes(used)} a minute`,
      `resident ${megabytes(resident)}`,
      ...(thread === undefined ? [] : [`the worst thread ${megabytes(thread)}`]),
      `handles ${moreHandles <= 0 ? '' : '+'}${moreHandles}`,
    ];
    return [{ name, isGood, found: found.join(', ') }];
  });
}

/** The steepest slope of a thread that lived through all these samples. */
function worstThread(steady: Series['samples']): number | undefined {
  const [first] = steady;
  const slopes = (first?.threads ?? []).flatMap(({ threadId }) => {
    const points = steady.flatMap(({ atMs, threads }) =>
      threads
        .filter((thread) => thread.threadId === threadId)
        .map(({ usedBytes }) => [atMs, usedBytes] as const),
    );
    return points.length === steady.length ? [slopePerMinute(points)] : [];
  });
  return slopes.length === 0 ? undefined : Math.max(...slopes);
}

const megabytes = (bytes: number) =>
  `${bytes < 0 ? '−' : ''}${Math.abs(bytes / 1e6).toFixed(2)} MB`;

export const MEMORY_RULE = `what is left after a garbage collection grows by at most ${MOST_USED_PER_MINUTE / 1e6} MB a minute from ${STEADY_FROM * 100} % of the time on, also in each thread of serverless-offline that lives so long (${MOST_SERVICES_PER_MINUTE / 1e6} MB in the process with the embedded services); the resident memory of a single instance grows by at most ${MOST_RESIDENT_PER_MINUTE / 1e6} MB a minute; the handles of the second half are at most ${MORE_HANDLES} above those of the first (${MORE_STACK_HANDLES} in the stack, where each new instance opens connections)`;
