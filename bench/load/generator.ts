import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The delay of the load generator's own event loop. */
export interface Generator {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** @returns a function that ends the measurement */
export function watchGenerator(): () => Generator {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  return () => {
    delay.disable();
    return { p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 };
  };
}
