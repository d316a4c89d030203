// The event loops of stream threads, for who watches them: each is handed on with what is seen of it, and its end is said.

import type { WatchedLoop, WorkInView } from '../ports/health.ts'
import { beatMs } from './thread-app.ts'
import type { FromThread } from './thread-messages.ts'

type Seen = Extract<FromThread, { readonly kind: 'watched' | 'name' }>

export class ThreadLoops {
  private readonly loops = new Map<number, { readonly loop: WatchedLoop; readonly names: Names; readonly ends: (() => void)[] }>()
  private readonly watchers: ((loop: WatchedLoop) => () => void)[] = []

  onLoop(begins: (loop: WatchedLoop) => () => void): void {
    this.watchers.push(begins)
    for (const { loop, ends } of this.loops.values()) ends.push(begins(loop))
  }

  take(thread: number, name: string, message: Seen): void {
    if (message.kind === 'name') {
      this.loops.get(thread)?.names.add(message.number, message.name)
      return
    }
    const names = new Names(message.work)
    const loop = { name, beats: message.beats, beatMs, work: names }
    this.loops.set(thread, { loop, names, ends: this.watchers.map((begins) => begins(loop)) })
  }

  gone(thread: number): void {
    for (const end of this.loops.get(thread)?.ends ?? []) end()
    this.loops.delete(thread)
  }
}

/** What the numbers that a thread writes stand for, as it has said. */
class Names implements WorkInView {
  readonly shared: SharedArrayBuffer
  private readonly names = new Map<number, string>()
  private readonly takers: ((number: number, name: string) => void)[] = []

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared
  }

  onName(take: (number: number, name: string) => void): void {
    this.takers.push(take)
    for (const [number, name] of this.names) take(number, name)
  }

  add(number: number, name: string): void {
    this.names.set(number, name)
    for (const take of this.takers) take(number, name)
  }
}
