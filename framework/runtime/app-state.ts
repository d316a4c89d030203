// The life of an app:
//
//   created ──▶ starting ──▶ rebalancing ──▶ restoring ──▶ running ──▶ closing ──▶ closed
//                              ▲  ▲  └─┐         │            │
//                              ├──┼────┘         │            │
//                              │  └──────────────┘            │
//                              └──────────────────────────────┘
//   starting, rebalancing and restoring ──▶ closing;  any but closed ──▶ failed
//
// starting: topics are checked and made. rebalancing: what was done is committed and the group is joined. restoring: state is brought up to its
// changelogs. closing: the current records are finished and committed, and the group is left.

export type AppState = 'created' | 'starting' | 'rebalancing' | 'restoring' | 'running' | 'closing' | 'closed' | 'failed'

const next: Readonly<Record<AppState, readonly AppState[]>> = {
  created: ['starting', 'closed', 'failed'],
  starting: ['rebalancing', 'closing', 'failed'],
  rebalancing: ['restoring', 'rebalancing', 'closing', 'failed'],
  restoring: ['running', 'rebalancing', 'closing', 'failed'],
  running: ['rebalancing', 'closing', 'failed'],
  closing: ['closed', 'failed'],
  closed: [],
  failed: [],
}

export const appStates = Object.keys(next) as readonly AppState[]

export function mayFollow(state: AppState, following: AppState): boolean {
  return next[state].includes(following)
}
