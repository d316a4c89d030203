// A stream thread's side of questions for state over HTTP: it answers for the partitions that it has, in pieces, each when the one before has been taken.

import type { StateRequests } from './state-requests.ts'
import type { FromThread, ToThread } from './thread-messages.ts'

type Asked = Exclude<ToThread, { readonly kind: 'stop' }>

export class ThreadAnswers {
  private readonly app: { readonly questions: StateRequests; readonly state: string }
  private readonly tell: (message: FromThread) => void
  private readonly bodies = new Map<number, Iterator<string>>()

  constructor(app: ThreadAnswers['app'], tell: (message: FromThread) => void) {
    this.app = app
    this.tell = tell
  }

  take(message: Asked): void {
    const { id } = message
    if (message.kind === 'ask') {
      const { status, elsewhere, body } = this.app.questions.ask({ url: message.url, lines: true })
      this.bodies.set(id, body)
      const first = this.nextOf(id)
      this.tell({ kind: 'answer', id, isRunning: this.app.state === 'running', status, elsewhere, ...first })
    }
    if (message.kind === 'next') this.tell({ kind: 'piece', id, ...this.nextOf(id) })
    if (message.kind === 'drop') {
      this.bodies.get(id)?.return?.()
      this.bodies.delete(id)
    }
  }

  private nextOf(id: number): { readonly text: string; readonly more: boolean } {
    const next = this.bodies.get(id)?.next() ?? { done: true, value: undefined }
    if (next.done !== true) return { text: next.value, more: true }
    this.bodies.delete(id)
    return { text: '', more: false }
  }
}
