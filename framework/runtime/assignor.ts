// Which member of the group runs which task. Pure and deterministic: the same members and tasks give the same assignment. Every member gets the
// same number of tasks, give or take one, and as many of those it had before as that allows; its state is there already. Who takes a task over only when its
// state has been brought there, and who keeps copies, is decided on top of it, in replicas.ts.

export interface AssignableMember {
  readonly memberId: string
  /** Running or suspended there now. */
  readonly runs: readonly string[]
  /** Their state lies on its disk; of no meaning for a task that somebody runs. */
  readonly hasState: readonly string[]
  /** Whose state is there, and up to date but for a little: it can run them at once. Default: not known. */
  readonly caughtUp?: readonly string[]
}

/** By member id, each list in the order of `tasks`. */
export function assignTasks(members: readonly AssignableMember[], tasks: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const assignment = new Map(members.map(({ memberId }) => [memberId, [] as string[]]))
  const open = new Set(tasks)
  const isReadyElsewhere = (memberId: string, task: string): boolean =>
    members.some((other) => other.memberId !== memberId && other.caughtUp?.includes(task) === true)
  const claimsOf: readonly ((member: AssignableMember) => readonly string[])[] = [
    // What has to go, if anything has, is what somebody else can go on with at once.
    ({ memberId, runs }) => [
      ...runs.filter((task) => !isReadyElsewhere(memberId, task)),
      ...runs.filter((task) => isReadyElsewhere(memberId, task)),
    ],
    ({ caughtUp = [] }) => caughtUp,
    ({ hasState }) => hasState,
  ]
  for (const claimed of claimsOf) {
    const claims = new Map(members.map((member) => [member.memberId, claimed(member).filter((task) => open.has(task))]))
    keepClaimed(claims, assignment, open, tasks.length)
  }
  for (const task of open) assignment.get(leastLoaded(assignment, task))?.push(task)
  const order = new Map(tasks.map((task, index) => [task, index]))
  for (const list of assignment.values()) list.sort((left, right) => order.get(left)! - order.get(right)!)
  return assignment
}

/** Gives members what they claim, up to their share. The shares that are greater by one go to those who claim most. */
function keepClaimed(
  claims: ReadonlyMap<string, readonly string[]>,
  assignment: ReadonlyMap<string, string[]>,
  open: Set<string>,
  tasksCount: number,
): void {
  const share = Math.floor(tasksCount / assignment.size)
  let greaterShares = tasksCount % assignment.size
  for (const list of assignment.values()) if (list.length > share) greaterShares--
  const claimants = [...claims].sort(([left, ofLeft], [right, ofRight]) => ofRight.length - ofLeft.length || compare(left, right))
  for (const [memberId, claimed] of claimants) {
    const list = assignment.get(memberId)!
    const hadGreaterShare = list.length > share
    const sizeMax = hadGreaterShare || greaterShares > 0 ? share + 1 : share
    for (const task of claimed) if (list.length < sizeMax && open.delete(task)) list.push(task)
    if (!hadGreaterShare && list.length > share) greaterShares--
  }
}

/** Fewest tasks, then fewest of the same sub-topology, then the first by id. */
function leastLoaded(assignment: ReadonlyMap<string, readonly string[]>, task: string): string {
  const subTopology = task.slice(0, task.indexOf('_') + 1)
  const load = (list: readonly string[]): number => list.length * 1e6 + list.filter((other) => other.startsWith(subTopology)).length
  const [first] = [...assignment].sort(([left, ofLeft], [right, ofRight]) => load(ofLeft) - load(ofRight) || compare(left, right))
  return first![0]
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
