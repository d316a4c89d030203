// An object whose asynchronous methods take a detour: before the call, and before the caller hears of its result. What is synchronous is left alone.

export type Detour = (what: string) => Promise<void>

export function interposed<T extends object>(target: T, name: string, detour: Detour): T {
  return new Proxy(target, {
    get(_, property) {
      const member: unknown = Reflect.get(target, property, target)
      if (property === 'transactions' && member !== undefined) return interposed(member as object, `${name}.transactions`, detour)
      if (typeof member !== 'function') return member
      return (...args: unknown[]): unknown => {
        if (!waits.has(String(property))) return member.apply(target, args)
        return roundTrip(`${name}.${String(property)}`, () => member.apply(target, args), detour)
      }
    },
    set: (_, property, value) => Reflect.set(target, property, value, target),
  })
}

/** Requests; what only waits for something to happen is none. */
const waits: ReadonlySet<string> = new Set([
  ...['topics', 'topicNames', 'createTopics', 'deleteTopics', 'topicSettings', 'deleteRecords', 'startOffsets', 'endOffsets', 'offsetsAt'],
  ...['committed', 'writer', 'flush', 'initialize', 'commit', 'abort', 'join', 'connect'],
])

async function roundTrip<R>(what: string, request: () => Promise<R>, detour: Detour): Promise<R> {
  await detour(`before ${what}`)
  try {
    return await request()
  } finally {
    await detour(`after ${what}`)
  }
}
