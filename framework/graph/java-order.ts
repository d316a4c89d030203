// The orders in which Java's collections give their elements, where the text of describe() shows them.

/** The order of a java.util.HashSet of strings, filled one by one in the order given. */
export function hashSetOrder(strings: readonly string[]): readonly string[] {
  let capacity = 16
  while (strings.length > capacity * 0.75) capacity *= 2
  const buckets = new Map<number, string[]>()
  for (const text of strings) {
    const hash = stringHash(text)
    const bucket = (hash ^ (hash >>> 16)) & (capacity - 1)
    const entries = buckets.get(bucket)
    if (entries === undefined) buckets.set(bucket, [text])
    else entries.push(text)
  }
  return [...buckets].sort(([a], [b]) => a - b).flatMap(([, entries]) => entries)
}

/** java.lang.String.hashCode */
function stringHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
  return hash
}

/** java.lang.String.compareTo: by UTF-16 code units, as `<` is. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

interface Branch<T> {
  readonly element: T
  parent: Branch<T> | null
  left: Branch<T> | null
  right: Branch<T> | null
  red: boolean
}

/**
 * A java.util.TreeSet, for one purpose: Kafka Streams changes what it compares by after elements are in, so that where an element stands
 * depends on the shape that the red-black tree had when it came.
 */
export class TreeSet<T> {
  private readonly compare: (a: T, b: T) => number
  private root: Branch<T> | null = null

  constructor(compare: (a: T, b: T) => number) {
    this.compare = compare
  }

  add(element: T): void {
    let parent: Branch<T> | null = null
    let before = false
    for (let at = this.root; at !== null; at = before ? at.left : at.right) {
      const order = this.compare(element, at.element)
      if (order === 0) return
      parent = at
      before = order < 0
    }
    const branch: Branch<T> = { element, parent, left: null, right: null, red: true }
    if (parent === null) this.root = branch
    else if (before) parent.left = branch
    else parent.right = branch
    this.balance(branch)
  }

  *[Symbol.iterator](): Iterator<T> {
    const waiting: Branch<T>[] = []
    let at = this.root
    while (at !== null || waiting.length > 0) {
      for (; at !== null; at = at.left) waiting.push(at)
      const next: Branch<T> = waiting.pop()!
      yield next.element
      at = next.right
    }
  }

  private balance(added: Branch<T>): void {
    let at = added
    while (at.parent?.red === true) {
      const grandparent: Branch<T> = at.parent.parent!
      const parentIsLeft = at.parent === grandparent.left
      const uncle = parentIsLeft ? grandparent.right : grandparent.left
      if (uncle?.red === true) {
        at.parent.red = false
        uncle.red = false
        grandparent.red = true
        at = grandparent
        continue
      }
      if (at === (parentIsLeft ? at.parent.right : at.parent.left)) {
        at = at.parent
        this.rotate(at, parentIsLeft)
      }
      at.parent!.red = false
      grandparent.red = true
      this.rotate(grandparent, !parentIsLeft)
    }
    this.root!.red = false
  }

  private rotate(branch: Branch<T>, toLeft: boolean): void {
    const riser = (toLeft ? branch.right : branch.left)!
    const moved = toLeft ? riser.left : riser.right
    if (toLeft) branch.right = moved
    else branch.left = moved
    if (moved !== null) moved.parent = branch
    riser.parent = branch.parent
    if (branch.parent === null) this.root = riser
    else if (branch.parent.left === branch) branch.parent.left = riser
    else branch.parent.right = riser
    if (toLeft) riser.left = branch
    else riser.right = branch
    branch.parent = riser
  }
}
