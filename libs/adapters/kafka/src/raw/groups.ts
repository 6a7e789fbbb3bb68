/** What consumer groups have committed of a topic. */
import type { Admin } from 'kafkajs';
import { TenonError } from '@tenon/errors';
import type { GroupOffsets } from '@tenon/ports';
import { protocolType } from '../errors';

/** Groups that are asked at once. */
const AT_ONCE = 8;

export async function groupsOf(admin: Admin, topic: string): Promise<GroupOffsets[]> {
  const { groups } = await admin.listGroups();
  const names = groups
    .filter(({ protocolType: type }) => type === 'consumer' || type === '')
    .map(({ groupId }) => groupId)
    .sort();
  const found: GroupOffsets[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    found.push(...(await Promise.all(some.map((group) => offsetsOf(admin, topic, group)))));
  }
  return found.filter(({ offsets }) => Object.keys(offsets).length > 0);
}

async function offsetsOf(admin: Admin, topic: string, group: string): Promise<GroupOffsets> {
  const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  const committed = (answer?.partitions ?? [])
    .map(({ partition, offset }) => [String(partition), Number(offset)] as const)
    .filter(([, offset]) => offset >= 0);
  return { group, offsets: Object.fromEntries(committed) };
}

export async function commitGroup(
  admin: Admin,
  topic: string,
  { group, offsets }: GroupOffsets,
): Promise<void> {
  try {
    await admin.setOffsets({
      groupId: group,
      topic,
      partitions: Object.entries(offsets).map(([partition, offset]) => ({
        partition: Number(partition),
        offset: String(offset),
      })),
    });
  } catch (error) {
    const active =
      protocolType(error) === 'UNKNOWN_MEMBER_ID' || /no running instances/.test((error as Error).message);
    if (!active) throw error;
    throw new TenonError('group-active', `Group ${group} has members: its offsets are theirs to commit.`, {
      hint: 'Stop its consumers, and run the same command again.',
      cause: error,
    });
  }
}
