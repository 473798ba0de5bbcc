import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';

/*
 * Stores the company's members in a table of its own. An EventBridge rule invokes this function
 * (template.yml). Events come at least once and in any order, so every write has a condition on the
 * event's time: an event that is late or comes again changes nothing.
 *
 *   MemberSignedIn  writes the fields that WeCom gave, and removes the marks
 *   MemberLeft      marks the member: leftAt; mobile and e-mail are not kept
 *   MemberChanged   marks the old userid of a renamed member: leftAt, renamedTo
 *
 * A disabled member may come as MemberChanged alone, and a leaver whose callback is lost as nothing. To
 * close accounts, also ask verify: see docs/events.md.
 */

const client = new DynamoDBClient({});
const TableName = process.env.MEMBERS_TABLE;

/** The function for `AWS::Lambda::Function`: any error makes EventBridge send the event again. */
export async function handler({ 'detail-type': type, detail }) {
  switch (type) {
    case 'MemberSignedIn':
      return signedIn(detail);
    case 'MemberLeft':
      return left(detail, {});
    case 'MemberChanged':
      return detail.newUserid && left(detail, { renamedTo: detail.newUserid });
  }
}

/** A field that WeCom did not give is '', and must not replace the one that is stored. */
function signedIn(detail) {
  const { userid, name, mobile, email, department, position } = detail;
  const fields = { userid, name, mobile, email, department, position };
  const given = Object.entries(fields).filter(([, value]) => value !== '');
  return update(
    detail,
    Object.fromEntries(given),
    ['leftAt', 'renamedTo'],
    'changedAt < :changedAt',
  );
}

/** In the same second leaving wins: its time is in whole seconds. */
function left(detail, fields) {
  const set = { ...fields, leftAt: seconds(detail) };
  return update(detail, set, ['mobile', 'email'], 'changedAt <= :changedAt');
}

async function update(detail, fields, removed, isNewer) {
  const set = Object.entries({ ...fields, changedAt: seconds(detail) });
  const values = set.map(([name, value]) => [
    `:${name}`,
    typeof value === 'number' ? { N: String(value) } : { S: value },
  ]);
  const command = new UpdateItemCommand({
    TableName,
    // WeCom compares userids without regard to case.
    Key: { member: { S: detail.userid.toLowerCase() } },
    UpdateExpression: `SET ${set.map(([name]) => `#${name} = :${name}`)} REMOVE ${removed}`,
    ConditionExpression: `attribute_not_exists(changedAt) OR ${isNewer}`,
    // Some of the names are words of DynamoDB.
    ExpressionAttributeNames: Object.fromEntries(set.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(values),
  });
  try {
    await client.send(command);
  } catch (error) {
    // Something newer is stored.
    if (error.name !== 'ConditionalCheckFailedException') throw error;
  }
}

/** The event's time in whole seconds since the epoch. */
function seconds({ time }) {
  return Math.floor(Date.parse(time) / 1_000);
}
