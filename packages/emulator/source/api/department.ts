import type { Directory } from '../directory/directory.ts';
import type { App, Department } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import { contactEndpoint } from './contactEndpoint.ts';
import type { Call, Emulator } from './endpoint.ts';
import { invisibleDepartment, noDepartment } from './rules.ts';

/** GET department/get (document 95351): `department` is one object. */
export const departmentGet = contactEndpoint({
  path: 'department/get',
  document: 95351,
  details: true,
  answer(emulator, { query }, app) {
    const id = readableDepartment(emulator, app, query.get('id') ?? '');
    const department = emulator.directory.department(id);
    return { department: department && departmentObject(emulator.directory, app, department) };
  },
});

/** GET department/list (document 90208): `department` is an array; without id, all the app may see. */
export const departmentList = contactEndpoint({
  path: 'department/list',
  document: 90208,
  empty: { department: [] },
  details: true,
  answer: (emulator, call, app) => ({
    department: subtree(emulator, call, app).map((each) =>
      departmentObject(emulator.directory, app, each),
    ),
  }),
});

/** GET department/simplelist (document 95350). The contacts-sync secret may call this one. */
export const departmentSimplelist = contactEndpoint({
  path: 'department/simplelist',
  document: 95350,
  empty: { department_id: [] },
  answer: (emulator, call, app) => ({
    department_id: subtree(emulator, call, app).map(({ id, parentid, order }) => ({
      id,
      parentid,
      order,
    })),
  }),
});

/** Which code a missing, unknown or invisible department gets is unverified; see `Behaviour`. */
export function readableDepartment(emulator: Emulator, app: App, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Refusal(text === '' ? 40058 : 60123);
  const id = Number(text);
  if (emulator.directory.department(id) === undefined) {
    throw new Refusal(emulator.behaviour.unknownDepartmentErrcode, noDepartment(id));
  }
  if (!emulator.directory.visibleDepartments(app).has(id)) {
    throw new Refusal(emulator.behaviour.invisibleDepartmentErrcode, invisibleDepartment(id, app));
  }
  return id;
}

function subtree(emulator: Emulator, { query }: Call, app: App): Department[] {
  const asked = query.get('id') ?? '';
  const { directory, behaviour } = emulator;
  const isAll = asked === '' || (asked === '0' && behaviour.departmentZero === 'all');
  if (!isAll) return directory.departmentsBelow(readableDepartment(emulator, app, asked));
  const seen = directory.visibleDepartments(app);
  return emulator.company.departments.filter(({ id }) => seen.has(id));
}

/** Only leaders inside the visible range are listed. */
function departmentObject(directory: Directory, app: App, department: Department) {
  const { id, name, name_en, department_leader, parentid, order } = department;
  const leaders = department_leader.filter((userid) => {
    const member = directory.member(userid);
    return member !== undefined && directory.isVisible(app, member);
  });
  return {
    id,
    ...(name !== undefined && { name }),
    ...(name_en !== undefined && { name_en }),
    department_leader: leaders,
    parentid,
    order,
  };
}
