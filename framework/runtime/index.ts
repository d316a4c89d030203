// What the generated entry point of an app needs.

export { type MainOptions, main } from './main.ts'
