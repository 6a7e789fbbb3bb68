/**
 * Which member of a group reads which partitions: as even as can be, and each stays where it is if it may. Round robin,
 * which kafkajs has, goes by the members' random names, so that one that joins would move nearly every partition; and each
 * that moves is read again from its last cut.
 */
import { AssignerProtocol } from 'kafkajs';
import type { GroupMember, PartitionAssigner } from 'kafkajs';

/** What a member had when it last heard from the group, and the name that it had there. */
export interface Holding {
  readonly memberId: string;
  readonly partitions: readonly number[];
}

const VERSION = 0;

/** @param holding asked whenever this member joins; the group has one topic */
export function stickyAssigner(holding: () => Holding | null): PartitionAssigner {
  return ({ cluster }) => ({
    name: 'TenonStickyAssigner',
    version: VERSION,
    protocol: ({ topics }) => ({
      name: 'TenonStickyAssigner',
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.from(JSON.stringify(holding())),
      }),
    }),
    assign: async ({ members, topics }) => {
      const assignments = topics.map((topic) => {
        const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
        return [topic, assignPartitions(members.map(memberOf), partitions)] as const;
      });
      return members.map(({ memberId }) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: Object.fromEntries(assignments.map(([topic, of]) => [topic, of.get(memberId) ?? []])),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

export interface Member {
  readonly memberId: string;
  readonly holds: readonly number[];
}

function memberOf({ memberId, memberMetadata }: GroupMember): Member {
  const userData = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData;
  try {
    const holding = JSON.parse(String(userData)) as Holding | null;
    // Under another name it was out of the group, and what it had is somebody else's by now.
    return { memberId, holds: holding?.memberId === memberId ? holding.partitions : [] };
  } catch {
    return { memberId, holds: [] };
  }
}

/** @returns member → its partitions: each partition once, and no member has two more than another */
export function assignPartitions(
  members: readonly Member[],
  partitions: readonly number[],
): ReadonlyMap<string, number[]> {
  const least = Math.floor(partitions.length / members.length);
  let larger = partitions.length % members.length;
  const free = new Set(partitions);
  const assigned = new Map<string, number[]>();
  // Who holds most is the first to keep one more than the least.
  const ordered = [...members].sort(
    (a, b) => b.holds.length - a.holds.length || (a.memberId < b.memberId ? -1 : 1),
  );
  for (const { memberId, holds } of ordered) {
    const held = holds.filter((partition) => free.has(partition));
    const quota = held.length > least && larger > 0 ? least + 1 : least;
    if (quota > least) larger -= 1;
    const kept = held.slice(0, quota);
    for (const partition of kept) free.delete(partition);
    assigned.set(memberId, kept);
  }
  const left = [...free].sort((a, b) => a - b);
  for (const { memberId } of ordered) {
    const has = assigned.get(memberId) as number[];
    const lacks = least - has.length;
    if (lacks > 0) has.push(...left.splice(0, lacks));
  }
  for (const { memberId } of [...ordered].reverse()) {
    const has = assigned.get(memberId) as number[];
    if (left.length > 0 && has.length === least) has.push(...left.splice(0, 1));
  }
  return assigned;
}
