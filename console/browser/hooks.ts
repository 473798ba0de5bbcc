import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Refused } from './api.ts';

export interface Loaded<T> {
  readonly data?: T | undefined;
  readonly problem?: Refused | undefined;
  readonly isLoading: boolean;
  reload(): void;
}

const refusal = (error: unknown) =>
  error instanceof Refused ? error : new Refused(0, '', String(error));

/**
 * Loads when the component appears and whenever a key changes. What was shown stays until the new
 * answer; an answer that comes after a newer request is dropped.
 */
export function useLoad<T>(load: () => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'reload'>>({ isLoading: true });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    setState(({ data }) => ({ data, isLoading: true }));
    load().then(
      (data) => isCurrent && setState({ data, isLoading: false }),
      (error) => isCurrent && setState({ problem: refusal(error), isLoading: false }),
    );
    return () => {
      isCurrent = false;
    };
  }, [...keys, round]);
  return { ...state, reload: () => setRound(round + 1) };
}

/** Empty pages with a `next` that one click reads on. */
const MAX_EMPTY_PAGES = 20;

export interface Pages<T> extends Omit<Loaded<readonly T[]>, 'data'> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
  more(): void;
}

/** Loads a list page by page. */
export function usePages<T>(
  load: (cursor: string | undefined) => Promise<{ items: readonly T[]; next?: string | undefined }>,
  keys: readonly unknown[],
): Pages<T> {
  const [later, setLater] = useState<{ items: readonly T[]; next?: string | undefined }>();
  async function read(cursor?: string) {
    let page = await load(cursor);
    for (let pages = 1; page.items.length === 0 && page.next && pages < MAX_EMPTY_PAGES; pages++) {
      page = await load(page.next);
    }
    return page;
  }
  const first = useLoad(() => {
    setLater(undefined);
    return read();
  }, keys);
  const action = useAction();
  const next = later ? later.next : first.data?.next;
  return {
    ...first,
    problem: first.problem ?? action.problem,
    isLoading: first.isLoading || action.isBusy,
    items: [...(first.data?.items ?? []), ...(later?.items ?? [])],
    hasMore: next !== undefined,
    more: () =>
      action.run(async () => {
        const page = await read(next);
        setLater((was) => ({ items: [...(was?.items ?? []), ...page.items], next: page.next }));
      }),
  };
}

/** Runs one piece of work at a time: a click while it runs does nothing. */
export function useAction() {
  const isRunning = useRef(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Refused>();
  const run = useCallback(async (work: () => Promise<unknown>) => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(refusal(error));
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  }, []);
  return { run, isBusy, problem };
}

/** The parts of the address's fragment, such as `['member', 'lisi']` of `#/member/lisi`. */
export function useRoute(): readonly string[] {
  const [hash, setHash] = useState(location.hash);
  // Before anything is painted, so that no change is missed.
  useLayoutEffect(() => {
    const read = () => setHash(location.hash);
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return hash.replace(/^#\/?/, '').split('/').map(decoded);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @returns the address of a view */
export function linkTo(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

/** What was typed, kept in the tab over a new sign-in. */
export function readDraft<T>(name: string): T | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFT + name) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param draft undefined: nothing is kept any more */
export function keepDraft(name: string, draft?: object): void {
  try {
    if (draft) sessionStorage.setItem(DRAFT + name, JSON.stringify(draft));
    else sessionStorage.removeItem(DRAFT + name);
  } catch {
    // A browser that stores nothing signs nobody in either.
  }
}

const DRAFT = 'wecom-auth.draft.';
