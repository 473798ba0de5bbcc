import { SsmError } from './errors.ts';

/** An error to answer with; `times` calls of it, until cleared where not given. */
interface Fault {
  /** `ThrottlingException`, `InternalServerError`, `AccessDeniedException`, or any other. */
  readonly type: string;
  readonly message?: string;
  /** 500 for InternalServerError, otherwise 400, where not given. */
  readonly status?: number;
  readonly times?: number;
}

/** Switches for what can go wrong with the service. They stay on until `clear`. */
export interface Faults {
  /** Answers an operation (`*`: every one) with an error; a later fault comes after an earlier one. */
  fail(operation: string, fault: Fault): void;
  /** Answers that many milliseconds late. */
  delay(milliseconds: number): void;
  /** Resets every connection instead of answering. */
  down(): void;
  clear(): void;
}

/** What the server asks before it answers. */
export interface FaultState {
  readonly milliseconds: number;
  readonly isDown: boolean;
  /** The error to answer this call with, if any; counts it. */
  take(operation: string): SsmError | undefined;
}

const MESSAGES: Record<string, string> = {
  ThrottlingException: 'Rate exceeded',
  InternalServerError: 'An error occurred on the server side.',
};

export function createFaults(): { faults: Faults; state: FaultState } {
  let pending: { operation: string; fault: Fault; left: number }[] = [];
  let milliseconds = 0;
  let isDown = false;

  return {
    faults: {
      fail(operation, fault) {
        pending.push({ operation, fault, left: fault.times ?? Number.POSITIVE_INFINITY });
      },
      delay(value) {
        milliseconds = value;
      },
      down() {
        isDown = true;
      },
      clear() {
        pending = [];
        milliseconds = 0;
        isDown = false;
      },
    },
    state: {
      get milliseconds() {
        return milliseconds;
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
