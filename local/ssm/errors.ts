/** What the service answers instead of a result: `{"__type": type, "message": message}`. */
export class SsmError extends Error {
  readonly type: string;
  readonly status: number;

  /** Without a message where the service sends none (ParameterNotFound has only its type). */
  constructor(type: string, message = '', status = 400) {
    super(message);
    this.name = type;
    this.type = type;
    this.status = status;
  }
}

export function validation(message: string): SsmError {
  return new SsmError('ValidationException', message);
}
