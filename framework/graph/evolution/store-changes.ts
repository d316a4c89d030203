// Differences of stores. What a store holds lies in its changelog, under the name of the store, as bytes: so its name, its kind, its serdes, and the windows that its
// keys have, decide whether the next version can go on with it.

import type { Manifest, ManifestNode, ManifestStore } from '../manifest.ts'
import type { ManifestChange, Verdict } from './compare-manifests.ts'
import type { RenamedMember } from './renamed-member.ts'
import { keySerdeChange, renamedIn, serdeChange } from './serde-change.ts'

export function storeChanges(before: Manifest, after: Manifest): readonly ManifestChange[] {
  const now = new Map(after.stores.map((store) => [store.name, store]))
  const old = new Map(before.stores.map((store) => [store.name, store]))
  const added = after.stores.filter(({ name }) => !old.has(name))
  return [
    ...before.stores.flatMap((store) => {
      const same = now.get(store.name)
      return same === undefined ? [removed(store, added)] : new StoreComparison(store, same, before, after).changes()
    }),
    ...added.map((store) => ofNewStore(store)),
  ]
}

function removed(store: ManifestStore, added: readonly ManifestStore[]): ManifestChange {
  const { name } = store
  const isKept = store.changelog?.kind === 'sourceTopic'
  const heir = added.find((one) => one.kind === store.kind && one.key === store.key && one.value === store.value)
  if (isKept)
    return {
      kind: 'store-removed',
      subject: name,
      verdict: 'safe',
      message: 'The store goes; all that it had is in its source topic.',
      remedy: '',
    }
  const message =
    heir === undefined
      ? 'The store and its changelog are left behind.'
      : `The store is left behind; ${heir.name} is one of the same kind, and begins empty.`
  const remedy =
    heir === undefined
      ? 'Allow it if nobody needs the state; delete the changelog then.'
      : `If it is the same one, give it its old name: { store: '${name}' }, or call the variable so.`
  return { kind: 'store-removed', subject: name, verdict: 'loses state', message, remedy }
}

function ofNewStore({ name, changelog }: ManifestStore): ManifestChange {
  if (changelog?.kind === 'sourceTopic')
    return { kind: 'store-added', subject: name, verdict: 'safe', message: 'The store is filled from its source topic.', remedy: '' }
  return {
    kind: 'store-added',
    subject: name,
    verdict: 'needs migration',
    message:
      'The store is new and begins empty: it knows of records that come from now on, not of those that the app has read before. Nothing that is there is lost.',
    remedy:
      'If that is what you want, allow it, once. To have the past in it too, let the app read its input anew under another application id.',
  }
}

type Window = NonNullable<NonNullable<ManifestNode['operator']>['window']>

class StoreComparison {
  private readonly old: ManifestStore
  private readonly now: ManifestStore
  private readonly before: Manifest
  private readonly after: Manifest

  constructor(old: ManifestStore, now: ManifestStore, before: Manifest, after: Manifest) {
    this.old = old
    this.now = now
    this.before = before
    this.after = after
  }

  changes(): readonly ManifestChange[] {
    const { old, now } = this
    if (old.kind !== now.kind)
      return [
        this.change('store-kind-changed', 'loses state', `It was a store of kind ${old.kind} and is one of kind ${now.kind}.`, otherStore),
      ]
    return [
      ...this.ofKeys(),
      ...this.ofValues(this.old.value, this.now.value),
      ...this.ofValues(this.old.otherValue, this.now.otherValue),
      ...this.ofWindow(),
      ...this.ofRetention(),
      ...this.ofChangelog(),
      ...this.ofAggregation(),
      ...this.ofPlace(),
    ]
  }

  private ofKeys(): readonly ManifestChange[] {
    const found = keySerdeChange(this.old.key, this.now.key, this.before, this.after)
    if (found.kind === 'same') return []
    if (found.kind === 'wider') return [this.change('key-widened', 'safe', 'There may be more keys than before.', '')]
    return [
      this.change(
        'key-changed',
        'loses state',
        `Rows are found by the bytes of their keys, and those are others: ${found.problem}.`,
        otherStore,
      ),
    ]
  }

  private ofValues(was: string | undefined, is: string | undefined): readonly ManifestChange[] {
    if (was === undefined || is === undefined) return []
    const found = serdeChange(was, is, this.before, this.after)
    if (found.kind === 'same') return this.ofMigrate()
    if (found.kind === 'wider') {
      const renamed = renamedIn(was, is, this.before, this.after)
      const widened = this.change('value-widened', 'safe', 'Every value that is there is one of the new type.', '')
      return [...this.ofMigrate(), renamed === undefined ? widened : this.ofRenamed(renamed)]
    }
    if (this.now.migrates === true)
      return [
        this.change(
          'value-migrated',
          'safe',
          `Values of the old type are made into new ones where they are read, by migrate: ${found.problem}.`,
          '',
        ),
      ]
    const remedy =
      'Let the new type take the old values (a member that may be missing, or has a @default), or say how to make new ones of them: { store: { migrate: (old) => … } }.'
    if (found.kind === 'format')
      return [
        this.change(
          'value-format-changed',
          'loses state',
          `The values that are there are other bytes: ${found.problem}.`,
          `${remedy} Or keep the serde.`,
        ),
      ]
    return [this.change('value-narrowed', 'needs migration', `Values that are there may not be readable: ${found.problem}.`, remedy)]
  }

  private ofRenamed({ before, after }: RenamedMember): ManifestChange {
    const message = `Values that are there can be read, but what they have as ${before} is read by nobody: it is gone from the type, and ${after}, which may be missing, has come.`
    const remedy =
      'If it is the same one under another name, keep the old one in the type and read it where the new one is missing; or let the new one be required, and make it by { store: { migrate: (old) => … } }. If it is not wanted any more, allow it.'
    return this.change('member-renamed', 'needs migration', message, remedy)
  }

  /** What has not been read since the type changed is still of the old one. */
  private ofMigrate(): readonly ManifestChange[] {
    if (this.old.migrates !== true || this.now.migrates === true) return []
    const message = 'Values of an older type may still be there, and without migrate they cannot be read.'
    const remedy =
      'Run `millrace state migrate` with the version that has migrate, which makes all of them new; or allow it if all have been read.'
    return [this.change('migrate-removed', 'needs migration', message, remedy)]
  }

  private ofWindow(): readonly ManifestChange[] {
    const [was, is] = [windowOf(this.old, this.before), windowOf(this.now, this.after)]
    if (was === undefined || is === undefined || JSON.stringify(was) === JSON.stringify(is)) return []
    if (was.kind === 'join' && is.kind === 'join') return this.ofJoinWindow(was, is)
    const { graceMs: graceBefore, ...oldShape } = was as Window & { graceMs?: number }
    const { graceMs: graceAfter, ...newShape } = is as Window & { graceMs?: number }
    if (JSON.stringify(oldShape) !== JSON.stringify(newShape)) {
      const message = `Its windows are others (${shapeText(oldShape)} → ${shapeText(newShape)}): what has been counted in the old ones is in none of the new ones.`
      return [this.change('window-changed', 'loses state', message, 'Give it another name, and let the old one end: { store: … }.')]
    }
    if (graceBefore === undefined || graceAfter === undefined || graceBefore === graceAfter) return []
    if (graceAfter < graceBefore) return [this.change('grace-shortened', 'safe', 'Late records are taken for less long.', '')]
    const message = `Late records are taken for longer (${graceBefore} → ${graceAfter} ms): windows that have expired already would begin anew with them.`
    return [
      this.change(
        'grace-lengthened',
        'needs migration',
        message,
        'Allow it if no record will be as late as that for windows that have ended.',
      ),
    ]
  }

  private ofJoinWindow(was: Window & { kind: 'join' }, is: Window & { kind: 'join' }): readonly ManifestChange[] {
    const longer = is.beforeMs > was.beforeMs || is.afterMs > was.afterMs || is.graceMs > was.graceMs
    if (!longer) return [this.change('join-window-shortened', 'safe', 'Records meet that are less far apart.', '')]
    const message = 'Records meet that are further apart: of those that came before, some are gone already.'
    return [this.change('join-window-lengthened', 'needs migration', message, 'Allow it if pairs that began before may be missed.')]
  }

  private ofRetention(): readonly ManifestChange[] {
    const found: ManifestChange[] = []
    const limits = [
      ['retention', this.old.retentionMs, this.now.retentionMs],
      ['history', this.old.historyRetentionMs, this.now.historyRetentionMs],
      ['entries', this.old.entriesMax, this.now.entriesMax],
    ] as const
    // What a window needs is told by the window; only what is kept beyond that is the store's own.
    const windowHasChanged = JSON.stringify(windowOf(this.old, this.before)) !== JSON.stringify(windowOf(this.now, this.after))
    for (const [what, was = Number.POSITIVE_INFINITY, is = Number.POSITIVE_INFINITY] of limits) {
      if (was === is || (what === 'retention' && windowHasChanged)) continue
      if (is < was) {
        const verdict = what === 'retention' ? 'needs migration' : 'safe'
        const message = `It keeps less than before (${text(was)} → ${text(is)}): what is older goes.`
        found.push(
          this.change(
            `${what}-shortened`,
            verdict,
            message,
            verdict === 'safe' ? '' : 'Allow it if nobody asks for windows that are older.',
          ),
        )
      } else {
        const message = `It keeps more than before (${text(was)} → ${text(is)}); what has gone already stays away.`
        found.push(this.change(`${what}-lengthened`, 'needs migration', message, 'Raise retention.ms of its changelog too, then allow it.'))
      }
    }
    return found
  }

  private ofChangelog(): readonly ManifestChange[] {
    const [was, is] = [this.old.changelog, this.now.changelog]
    if (was === null && is === null) return []
    if (is === null)
      return [
        this.change(
          'changelog-removed',
          'loses state',
          'It has no changelog any more: its state is gone with the disk that it is on.',
          'Leave logging on.',
        ),
      ]
    if (was === null)
      return [
        this.change(
          'changelog-added',
          'loses state',
          'It had no changelog: what is in it now is on one disk only, and not in the new changelog.',
          'Give it another name, or begin anew.',
        ),
      ]
    if (was.kind !== is.kind)
      return is.kind === 'sourceTopic'
        ? [this.change('changelog-changed', 'safe', 'It is restored from its source topic.', '')]
        : [
            this.change(
              'changelog-changed',
              'needs migration',
              'It was restored from its source topic, and now has a changelog, which is empty.',
              'Begin anew under another application id.',
            ),
          ]
    return []
  }

  private ofAggregation(): readonly ManifestChange[] {
    const [was, is] = [userOf(this.old, this.before)?.operator, userOf(this.now, this.after)?.operator]
    const [old, now] = [was?.aggregation, is?.aggregation]
    if (old === undefined || now === undefined) return []
    if (old === now) return this.ofAggregators(was?.aggregators, is?.aggregators)
    const message = `It was filled by ${old}, and is by ${now}: what is there means something else.`
    return [
      this.change('aggregation-changed', 'needs migration', message, 'Give it another name, or allow it if the values mean the same.'),
    ]
  }

  /** A row has their states in a list. A manifest of an earlier release does not name them. */
  private ofAggregators(was: Aggregators, is: Aggregators): readonly ManifestChange[] {
    if (was === undefined || is === undefined || JSON.stringify(was) === JSON.stringify(is)) return []
    const [old, now] = [was.map(({ name }) => name), is.map(({ name }) => name)]
    const sameStates = was.length === is.length && is.every(({ kind }, place) => kind === was[place]!.kind)
    const hasMoved = now.some((name, place) => old.includes(name) && old[place] !== name)
    if (sameStates && !hasMoved) {
      const message = `Aggregators have other names (${old.join(', ')} → ${now.join(', ')}), and go on with the states that are there.`
      return [this.change('aggregators-renamed', 'safe', message, '')]
    }
    const message = `A row is the list of its aggregators' states, which would be taken for each other's: ${aggregatorsText(was)} → ${aggregatorsText(is)}.`
    return [this.change('aggregators-changed', 'loses state', message, otherStore)]
  }

  private ofPlace(): readonly ManifestChange[] {
    const found: ManifestChange[] = []
    if (this.old.persistent !== this.now.persistent)
      found.push(this.change('persistence-changed', 'safe', 'It is restored from its changelog at the next start.', ''))
    if (this.old.caching !== this.now.caching)
      found.push(this.change('caching-changed', 'safe', 'How many updates of a key are sent on changes.', ''))
    return found
  }

  private change(kind: string, verdict: Verdict, message: string, remedy: string): ManifestChange {
    return { kind, subject: this.now.name, verdict, message, remedy }
  }
}

type Aggregators = NonNullable<ManifestNode['operator']>['aggregators']

function aggregatorsText(aggregators: NonNullable<Aggregators>): string {
  return aggregators.map(({ name, kind }) => (kind === name ? name : `${name} (${kind})`)).join(', ')
}

const otherStore = 'Give it another name, so that both are there, or begin anew under another application id.'

/** The operator that fills a store; what only reads it comes behind. */
function userOf({ name }: ManifestStore, { nodes }: Manifest): ManifestNode | undefined {
  const users = nodes.filter(({ stores }) => stores?.includes(name))
  return (
    users.find(({ operator }) => operator?.aggregation !== undefined) ??
    users.find(({ operator }) => operator?.window !== undefined) ??
    users[0]
  )
}

function windowOf(store: ManifestStore, manifest: Manifest): Window | undefined {
  return userOf(store, manifest)?.operator?.window
}

function shapeText(shape: object): string {
  const { kind, ...sizes } = shape as { kind?: string }
  const members = Object.entries(sizes).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return [kind, ...members].join(' ')
}

function text(limit: number): string {
  return limit === Number.POSITIVE_INFINITY ? 'no limit' : String(limit)
}
