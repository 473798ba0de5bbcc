/** The parts of autocannon used here. The package has no types. */
declare module 'autocannon' {
  interface Options {
    url: string;
    method: string;
    headers?: Readonly<Record<string, string>>;
    body?: string;
    connections: number;
    /** Seconds until a request counts as failed. */
    timeout: number;
    /** Requests in all; without it, `duration` ends the run. */
    amount?: number;
    /** Seconds. */
    duration?: number;
    maxOverallRequests?: number;
  }

  interface Result {
    requests: { average: number };
    /** Milliseconds. */
    latency: { p50: number; p99: number };
    non2xx: number;
    errors: number;
    timeouts: number;
  }

  export default function autocannon(options: Options): Promise<Result>;
}
