// .millrace/ of a project, as `millrace dev` uses it. What the broker and the apps keep lies where `millrace broker --data .millrace/broker` and `millrace run` would
// look for it; the state of apps that run on a Kafka of the user's own lies apart, because state belongs to its topics.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isMillraceError } from '../../framework/errors.ts'
import { Errors } from '../oclif.ts'
import { deleteBrokerData } from './dev-kafka.ts'

export class DevFolder {
  readonly #folder: string

  constructor(project: string) {
    this.#folder = join(project, '.millrace')
  }

  get broker(): string {
    return join(this.#folder, 'broker')
  }

  /** What `millrace dev` alone knows. */
  get dev(): string {
    return join(this.#folder, 'dev')
  }

  get builds(): string {
    return join(this.dev, 'build')
  }

  get inputs(): string {
    return join(this.dev, 'inputs.json')
  }

  get port(): string {
    return join(this.dev, 'port')
  }

  /** `brokers`: those of the user; undefined for the embedded one. */
  state(brokers: string | undefined): string {
    return brokers === undefined ? join(this.#folder, 'state') : join(this.dev, 'state', brokers.replace(/[^\w.-]+/g, '_'))
  }

  /** One `millrace dev` a project. Gives what unlocks it. */
  async lock(): Promise<() => void> {
    const { lockFolder } = await import('../../plugins/kafka/server/index.ts')
    try {
      const unlock = lockFolder(this.#folder, 'dev.lock')
      mkdirSync(this.dev, { recursive: true })
      return unlock
    } catch (error) {
      const problem = problemOf(error)
      if (problem === undefined) throw error
      throw new Errors.CLIError(problem, { exit: 1 })
    }
  }

  /** Deletes what the embedded broker has kept, and the state that belongs to it. Only under the lock. */
  async reset(): Promise<void> {
    await deleteBrokerData(this.broker)
    rmSync(this.state(undefined), { recursive: true, force: true })
  }
}

function problemOf(error: unknown): string | undefined {
  if (isMillraceError(error, 'broker-folder-locked'))
    return `millrace dev runs in this project already, as process ${error.details.process}. Stop that one first, or use it: it takes every edit.`
  if (isMillraceError(error, 'broker-folder-unusable'))
    return `.millrace cannot be written: ${error.details.problem}. Give this user write access to the folder of the project.`
  return undefined
}
