// The YAML of the documentation is YAML, its settings exist, and what docs/deploy.md says of the image is what the generated Dockerfile makes.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { dockerfile } from '../../framework/compiler/container.ts'
import { settingsTable } from '../../framework/config.ts'
import { readSettings, variableOf } from '../../framework/runtime/settings.ts'

interface Block {
  /** File and line. */
  readonly source: string
  readonly text: string
}

interface Variable {
  readonly name: string
  readonly value?: unknown
}

interface StatefulSet {
  readonly kind: string
  readonly spec: {
    readonly selector: { readonly matchLabels: object }
    readonly template: {
      readonly metadata: { readonly labels: object }
      readonly spec: {
        readonly securityContext: Readonly<Record<string, unknown>>
        readonly containers: readonly {
          readonly env: readonly Variable[]
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
        }[]
      }
    }
    readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string } }[]
  }
}

const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md', 'docs/**/*.md', 'templates/**/*.md'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((page) => page !== '')
const blocks = pages.flatMap(blocksOf)
const ofDeploy = blocks.filter(({ source }) => source.startsWith('docs/deploy.md'))
const secrets = Object.entries(settingsTable).flatMap(([name, { kind }]) => (kind === 'secret' ? [`${variableOf(name)}_FILE`] : []))
const known = new Set([...Object.keys(settingsTable).map(variableOf), ...secrets, 'MILLRACE_DEBUG'])

it.each(blocks.map((block) => [block.source, block] as const))('%s parses', (_, { text }) => {
  expect(parseAllDocuments(text).flatMap(({ errors, warnings }) => [...errors, ...warnings].map(String))).toEqual([])
})

it('no page names a variable MILLRACE_… that is none of the settings', () => {
  const strangers = pages.flatMap((page) => {
    const named = readFileSync(page, 'utf8').match(/\bMILLRACE_[A-Z_]*[A-Z]\b/g) ?? []
    return named.filter((name) => !known.has(name)).map((name) => `${page}: ${name}`)
  })
  expect(strangers).toEqual([])
})

describe('docs/deploy.md', () => {
  const documents = ofDeploy.flatMap(({ text }) => parseAllDocuments(text).map((document) => document.toJS() as object))
  const set = documents.find((one): one is StatefulSet => 'kind' in one && one.kind === 'StatefulSet')!
  const compose = documents.find(
    (one): one is { services: Record<string, { environment?: Record<string, unknown> }> } => 'services' in one,
  )!

  it('gives values that the settings take', () => {
    const [container] = set.spec.template.spec.containers
    const fromSet = container!.env.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value] as const)
    // Kubernetes refuses a number here.
    for (const [name, value] of fromSet) expect(value, name).toBeTypeOf('string')
    for (const environment of [Object.fromEntries(fromSet), compose.services['flight-delays']!.environment!]) {
      expect(readSettings({}, environment as Record<string, string>).warnings).toEqual([])
    }
  })

  it('runs the image as its own user, with its volume where the image has its state', () => {
    const text = dockerfile('flight-delays', '1.0.0')
    const [, uid, gid] = /^USER (\d+):(\d+)$/m.exec(text)!.map(Number)
    const [, state] = /^VOLUME (.+)$/m.exec(text)!
    const { securityContext, containers } = set.spec.template.spec
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: uid, runAsGroup: gid, fsGroup: gid })
    const [claim] = set.spec.volumeClaimTemplates
    expect(containers[0]!.volumeMounts).toEqual([{ name: claim!.metadata.name, mountPath: state }])
    expect(set.spec.template.metadata.labels).toEqual(set.spec.selector.matchLabels)
  })
})

function blocksOf(page: string): Block[] {
  const text = readFileSync(page, 'utf8')
  return [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].map((match) => ({
    source: `${page}:${text.slice(0, match.index).split('\n').length}`,
    text: match[1] ?? '',
  }))
}
