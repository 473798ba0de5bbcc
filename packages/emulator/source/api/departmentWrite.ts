import type { Directory } from '../directory/directory.ts';
import type { Department } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import { contactWrite } from './contactWrite.ts';
import { lengthOf, uint32 } from './parameters.ts';

const MAX_LEVELS = 15;
/** Members and departments directly in a department. */
const MAX_NODES = 30_000;

/** POST department/create (document 90205). */
export const departmentCreate = contactWrite(
  'department/create',
  90205,
  'POST',
  ({ company, directory }, { body }, _app, administrator) => {
    const name = departmentName(body['name']);
    const parent = parentOf(directory, body['parentid']);
    const id = body['id'] === undefined ? nextId(company.departments) : uint32(body['id']);
    if (id === undefined || id <= 1) throw new Refusal(40058);
    if (directory.department(id) !== undefined) throw new Refusal(60008);
    checkSiblings(directory, parent.id, name);
    if (levelOf(directory, parent) >= MAX_LEVELS) throw new Refusal(81002);
    checkRoom(directory, parent.id);
    administrator.createDepartment({
      id,
      name,
      ...englishName(body['name_en']),
      department_leader: [],
      parentid: parent.id,
      order: order(body['order']) ?? 0,
    });
    return { errmsg: 'created', id };
  },
);

/** POST department/update (document 90206): what is not given stays. */
export const departmentUpdate = contactWrite(
  'department/update',
  90206,
  'POST',
  ({ directory }, { body }, _app, administrator) => {
    const department = directory.department(uint32(body['id']) ?? -1);
    if (department === undefined) throw new Refusal(60003);
    const name = body['name'] === undefined ? undefined : departmentName(body['name']);
    // The root stays where it is.
    const moves = body['parentid'] !== undefined && department.id !== 1;
    const parent = moves ? parentOf(directory, body['parentid']) : undefined;
    const parentid = parent?.id ?? department.parentid;
    if (name !== undefined || moves) {
      checkSiblings(directory, parentid, name ?? department.name, department);
    }
    if (parent !== undefined && parentid !== department.parentid) {
      const below = directory.departmentsBelow(department.id);
      if (below.includes(parent)) throw new Refusal(60010);
      const deepest = Math.max(...below.map((each) => levelOf(directory, each)));
      const height = deepest - levelOf(directory, department) + 1;
      if (levelOf(directory, parent) + height > MAX_LEVELS) throw new Refusal(81002);
      checkRoom(directory, parent.id);
    }
    const place = order(body['order']);
    administrator.updateDepartment(department.id, {
      ...(name !== undefined && { name }),
      ...englishName(body['name_en']),
      ...(parent !== undefined && { parentid }),
      ...(place !== undefined && { order: place }),
    });
    return { errmsg: 'updated' };
  },
);

/** GET department/delete (document 90207): neither the root, nor one with members or departments. */
export const departmentDelete = contactWrite(
  'department/delete',
  90207,
  'GET',
  ({ directory }, { query }, _app, administrator) => {
    const id = uint32(query.get('id') ?? '') ?? -1;
    if (directory.department(id) === undefined) throw new Refusal(60003);
    if (id === 1) throw new Refusal(60007);
    if (directory.membersOf(id).size > 0) throw new Refusal(60005);
    if (directory.departmentsBelow(id).length > 1) throw new Refusal(60006);
    administrator.deleteDepartment(id);
    return { errmsg: 'deleted' };
  },
);

/** 81001 if the department can take no more members and departments. */
export function checkRoom(directory: Directory, id: number): void {
  const nodes = directory.membersOf(id).size + directory.departmentsIn(id).length;
  if (nodes >= MAX_NODES) throw new Refusal(81001);
}

export function nextId(departments: readonly Department[]): number {
  return departments.reduce((highest, { id }) => Math.max(highest, id), 1) + 1;
}

function parentOf(directory: Directory, value: unknown): Department {
  const parent = directory.department(uint32(value) ?? -1);
  if (parent === undefined) throw new Refusal(60004);
  return parent;
}

function departmentName(value: unknown): string {
  if (typeof value !== 'string' || value === '' || lengthOf(value) > 64) throw new Refusal(60001);
  if (/[\\:*?"<>|｜]/.test(value)) throw new Refusal(60009);
  return value;
}

function englishName(value: unknown): { name_en?: string } {
  return value === undefined || value === '' ? {} : { name_en: departmentName(value) };
}

function order(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = uint32(value);
  if (number === undefined) throw new Refusal(40058);
  return number;
}

/** Names are unique among departments of one parent. */
function checkSiblings(
  directory: Directory,
  parentid: number,
  name: string | undefined,
  self?: Department,
): void {
  const siblings = directory.departmentsIn(parentid);
  const isTaken = siblings.some((each) => each !== self && each.name === name);
  if (name !== undefined && isTaken) throw new Refusal(60008);
}

/** The root is level 1. */
function levelOf(directory: Directory, department: Department): number {
  const path = new Set<Department>();
  for (
    let at: Department | undefined = department;
    at !== undefined && !path.has(at);
    at = directory.department(at.parentid)
  ) {
    path.add(at);
  }
  return path.size;
}
