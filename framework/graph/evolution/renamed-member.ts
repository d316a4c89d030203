// A member that was given another name looks like one that has gone and one that has come. Old values can be read all the same where the new one may be missing, and what
// they have under the old name is then read by nobody.

import { asJson, canonical, isJson, type Json, resolve } from './schema-change.ts'

export interface RenamedMember {
  /** `.address.note`, from the value on. */
  readonly before: string
  readonly after: string
}

/** The first pair of a member that has gone and one of the same schema that has come and may be missing, in the same place. */
export function renamedMember(before: unknown, after: unknown): RenamedMember | undefined {
  return isJson(before) && isJson(after) ? new Renamed(before, after).find(before, after, '') : undefined
}

class Renamed {
  private readonly rootBefore: Json
  private readonly rootAfter: Json
  /** Of types that contain themselves. */
  private readonly seen = new Set<unknown>()

  constructor(before: Json, after: Json) {
    this.rootBefore = before
    this.rootAfter = after
  }

  find(before: unknown, after: unknown, path: string): RenamedMember | undefined {
    const [old, now] = [resolve(before, this.rootBefore), resolve(after, this.rootAfter)]
    if (!isJson(old) || !isJson(now) || this.seen.has(old)) return undefined
    this.seen.add(old)
    const [from, to] = [asJson(old.properties), asJson(now.properties)]
    const gone = Object.keys(from).filter((name) => !Object.hasOwn(to, name))
    const come = Object.keys(to).filter((name) => !Object.hasOwn(from, name))
    for (const name of gone) {
      const heir = come.find((other) => canonical(withoutDefault(to[other])) === canonical(withoutDefault(from[name])))
      if (heir !== undefined) return { before: `${path}.${name}`, after: `${path}.${heir}` }
    }
    for (const name of Object.keys(from).filter((name) => Object.hasOwn(to, name))) {
      const found = this.find(from[name], to[name], `${path}.${name}`)
      if (found !== undefined) return found
    }
    return this.find(old.items, now.items, `${path}[…]`)
  }
}

function withoutDefault(schema: unknown): unknown {
  if (!isJson(schema)) return schema
  const { default: _default, ...others } = schema
  return others
}
