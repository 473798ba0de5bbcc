import { SsmError } from './errors.ts';

/** An error to return for `times` calls; default: until `clear`. */
interface Fault {
  /** `ThrottlingException`, `InternalServerError`, `AccessDeniedException`, or any other. */
  readonly type: string;
  readonly message?: string;
  /** Default: 500 for InternalServerError, else 400. */
  readonly status?: number;
  readonly times?: number;
}

/** Simulates failures of the service until `clear`. */
export interface Faults {
  /** Makes an operation (`*`: every one) fail. Faults of the same operation apply in order. */
  fail(operation: string, fault: Fault): void;
  /** Delays every response. */
  delay(milliseconds: number): void;
  /** Resets every connection instead of responding. */
  down(): void;
  clear(): void;
}

/** Read by the server before each response. */
export interface FaultState {
  /** The delay of a response. */
  readonly delayMs: number;
  readonly isDown: boolean;
  /** @returns the error for this call, if any; counts the call */
  take(operation: string): SsmError | undefined;
}

const MESSAGES: Record<string, string> = {
  ThrottlingException: 'Rate exceeded',
  InternalServerError: 'An error occurred on the server side.',
};

export function createFaults(): { faults: Faults; state: FaultState } {
  let pending: { operation: string; fault: Fault; left: number }[] = [];
  let delayMs = 0;
  let isDown = false;

  return {
    faults: {
      fail(operation, fault) {
        pending.push({ operation, fault, left: fault.times ?? Number.POSITIVE_INFINITY });
      },
      delay(milliseconds) {
        delayMs = milliseconds;
      },
      down() {
        isDown = true;
      },
      clear() {
        pending = [];
        delayMs = 0;
        isDown = false;
      },
    },
    state: {
      get delayMs() {
        return delayMs;
      },
      get isDown() {
        return isDown;
      },
      take(operation) {
        const next = pending.find(
          (each) => each.left > 0 && (each.operation === '*' || each.operation === operation),
        );
        if (next === undefined) return undefined;
        next.left -= 1;
        const { type, message, status } = next.fault;
        return new SsmError(
          type,
          message ?? MESSAGES[type] ?? denied(type, operation),
          status ?? (type === 'InternalServerError' ? 500 : 400),
        );
      },
    },
  };
}

function denied(type: string, operation: string): string {
  if (type !== 'AccessDeniedException') return '';
  return `User: arn:aws:sts::000000000000:assumed-role/local/local is not authorized to perform: ssm:${operation}`;
}
