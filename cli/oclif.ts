// What the CLI has of oclif. All of cli/ imports it from here: the build bundles this one file with what oclif needs, because 158 small files take four
// times as long to load as one, and every command waits for them.

export { Args, Command, CommandHelp, Config, Errors, Flags, Help, type Hook, type Interfaces, run, settings, ux } from '@oclif/core'
