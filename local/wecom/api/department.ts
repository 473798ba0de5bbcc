import type { Directory } from '../directory/directory.ts';
import type { App, Department } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import { contactEndpoint } from './contactEndpoint.ts';
import type { Call, World } from './endpoint.ts';

/** GET department/get (document 95351): `department` is one object. */
export const departmentGet = contactEndpoint({
  path: 'department/get',
  details: true,
  answer(world, { query }, app) {
    const id = readableDepartment(world, app, query.get('id') ?? '');
    const department = world.directory.department(id);
    return { department: department && departmentObject(world.directory, app, department) };
  },
});

/** GET department/list (document 90208): `department` is an array; without id, all the app may see. */
export const departmentList = contactEndpoint({
  path: 'department/list',
  empty: { department: [] },
  details: true,
  answer: (world, call, app) => ({
    department: subtree(world, call, app).map((each) =>
      departmentObject(world.directory, app, each),
    ),
  }),
});

/** GET department/simplelist (document 95350). The contacts-sync secret may call this one. */
export const departmentSimplelist = contactEndpoint({
  path: 'department/simplelist',
  empty: { department_id: [] },
  answer: (world, call, app) => ({
    department_id: subtree(world, call, app).map(({ id, parentid, order }) => ({
      id,
      parentid,
      order,
    })),
  }),
});

/** Which code a missing, unknown or invisible department gets is unverified; see `Behaviour`. */
export function readableDepartment(world: World, app: App, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Refusal(text === '' ? 40058 : 60123);
  const id = Number(text);
  if (world.directory.department(id) === undefined) {
    throw new Refusal(world.behaviour.unknownDepartmentErrcode);
  }
  if (!world.directory.visibleDepartments(app).has(id)) {
    throw new Refusal(world.behaviour.invisibleDepartmentErrcode);
  }
  return id;
}

function subtree(world: World, { query }: Call, app: App): Department[] {
  const asked = query.get('id') ?? '';
  const { directory } = world;
  if (asked !== '') return directory.departmentsBelow(readableDepartment(world, app, asked));
  const seen = directory.visibleDepartments(app);
  return world.company.departments.filter(({ id }) => seen.has(id));
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
