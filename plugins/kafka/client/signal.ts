// Something that happens again and again, and that any number of callers may wait for.

export class Signal {
  #resolve: (() => void) | undefined
  #promise: Promise<void> | undefined

  /** Resolves when it happens next. */
  next(): Promise<void> {
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve
    })
    return this.#promise
  }

  fire(): void {
    this.#resolve?.()
    this.#resolve = undefined
    this.#promise = undefined
  }
}
