// What the generated entry point of an app needs.

export type { App } from './app.ts'
export type { AppState } from './app-state.ts'
export { type MainOptions, main } from './main.ts'
export type { ReadStore, StoreDescription, StoreQuery } from './store-queries.ts'
