// The plan of an app by the topics that the broker has now. A topology without patterns has one plan for good. With patterns, topics that come or go change it: every
// member looks at the broker from time to time (metadata.max.age.ms, as Kafka's consumer does), and who finds a change joins the group again, so
// that all plan anew.

import type { Settings } from '../config.ts'
import { bindTopics, hasPatterns } from '../graph/bind-topics.ts'
import type { Topology } from '../graph/topology.ts'
import type { Admin } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { ensureInternalTopics, planFromBroker } from './internal-topics.ts'
import { sourceTopics, type TopicPlan } from './topic-plan.ts'

export interface LivePlanParts {
  /** Not bound. */
  readonly definition: Topology
  readonly applicationId: string
  readonly settings: Settings
  readonly admin: Admin
  readonly clock: Clock
  readonly logger: Logger
}

export class LivePlan {
  private readonly parts: LivePlanParts
  private current: { readonly topology: Topology; readonly plan: TopicPlan } | undefined
  private lookedMs = 0
  private readonly changes: boolean

  constructor(parts: LivePlanParts) {
    this.parts = parts
    this.changes = hasPatterns(parts.definition)
  }

  /** Bound to the topics at the last look. */
  get topology(): Topology {
    return this.current?.topology ?? this.parts.definition
  }

  /** None before the first `refresh`. */
  get tasks(): TopicPlan['tasks'] {
    return this.current?.plan.tasks ?? []
  }

  /** Only after the first `refresh`. */
  get plan(): TopicPlan {
    if (this.current === undefined) throw new Error('the topics of the broker were not looked at yet')
    return this.current.plan
  }

  /** Milliseconds until the next look; Infinity if the topology has no patterns. */
  get dueInMs(): number {
    if (!this.changes) return Infinity
    return Math.max(0, this.lookedMs + this.parts.settings.metadataMaxAgeMs - this.parts.clock.monotonicMs())
  }

  /** A topic that matched is gone: the next look is due. False if the topology names it, so that it cannot do without. */
  lost(topic: string): boolean {
    const named = sourceTopics(this.parts.definition).includes(topic)
    if (!named) this.lookedMs = Number.NEGATIVE_INFINITY
    return !named
  }

  /** Looks at the broker, and makes the internal topics that are missing; says whether the plan is another one than before. */
  async refresh(): Promise<boolean> {
    const { admin, clock, definition, applicationId, settings, logger } = this.parts
    if (!this.changes && this.current !== undefined) return false
    this.lookedMs = clock.monotonicMs()
    const topology = this.changes ? bindTopics(definition, applicationId, await admin.topicNames()) : definition
    const plan = await planFromBroker(admin, topology, applicationId, settings.deadLetterTopic)
    if (this.current !== undefined && JSON.stringify(plan) === JSON.stringify(this.current.plan)) return false
    await ensureInternalTopics(admin, plan, settings.replicationFactor)
    if (this.changes) {
      const topics = sourceTopics(topology)
      const list =
        topics.length === 0 ? 'No topic matches its patterns, each of which must match a whole name.' : `It reads ${topics.join(', ')}.`
      logger.log(topics.length === 0 ? 'warn' : 'info', list, { topics })
    }
    this.current = { topology, plan }
    return true
  }
}
