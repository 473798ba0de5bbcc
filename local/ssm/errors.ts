/** An error response of the service: `{"__type": type, "message": message}`. */
export class SsmError extends Error {
  readonly type: string;
  readonly status: number;

  /** @param message '' if the service sends none, as with ParameterNotFound */
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
