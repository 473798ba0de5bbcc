import type { Clock } from '../clock.ts';

/** What this instance answered a moment ago, by a key that nobody can guess. */
export interface RecentAnswers<T> {
  add(key: string, answer: T): void;
  find(key: string): T | undefined;
}

/** An instance answers a few hundred sign-ins a minute at most; the oldest go first. */
const ENTRIES = 100;

/** @param window milliseconds for which an answer is kept */
export function createRecentAnswers<T>(clock: Clock, window: number): RecentAnswers<T> {
  const answers = new Map<string, { answer: T; until: number }>();
  return {
    add(key, answer) {
      const now = clock.now();
      for (const [each, { until }] of answers) {
        if (until > now && answers.size < ENTRIES) break;
        answers.delete(each);
      }
      answers.set(key, { answer, until: now + window });
    },
    find(key) {
      const found = answers.get(key);
      return found && clock.now() < found.until ? found.answer : undefined;
    },
  };
}
