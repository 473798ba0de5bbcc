import type { RecordedLine, Terms } from '../permissions/audit.ts';
import { parseSubjectKey, subjectText } from '../permissions/subject.ts';
import { type EventOrigin, type OutgoingEvent, outgoing } from './event.ts';

/** The event for an audit line of a grant. The subject is in the form that an administrator writes. */
export function grantChanged(origin: EventOrigin, { id, line }: RecordedLine): OutgoingEvent {
  const { at, by, permission, before, after, cause } = line;
  const subject = parseSubjectKey(line.subject);
  return outgoing(
    'GrantChanged',
    origin,
    { id, at },
    {
      subject: subject ? subjectText(subject) : line.subject,
      permission,
      ...(before && { before: readable(before) }),
      ...(after && { after: readable(after) }),
      by,
      ...(cause && { cause: { ...cause } }),
    },
  );
}

function readable({ effect, until, note, suspendedAt }: Terms) {
  return {
    effect,
    ...(until !== undefined && { until: new Date(until).toISOString() }),
    ...(note !== undefined && { note }),
    ...(suspendedAt !== undefined && { suspendedAt: new Date(suspendedAt).toISOString() }),
  };
}
