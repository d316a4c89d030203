// Once for `npm run test:container`: the base image, or the reason why there is none.

import type { TestProject } from 'vitest/node'
import { makeBaseImage } from './base-image.ts'
import { buildah, missingTools } from './tools.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no image can be built here; an empty text where it can. */
    missingTools: string
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const missing = missingTools()
  project.provide('missingTools', missing ?? '')
  if (missing !== undefined) {
    console.error(`\nSKIPPED: no image is built and no container is run. ${missing}\n`)
    return undefined
  }
  await removeContainers()
  const started = performance.now()
  await makeBaseImage()
  console.log(`the base image: ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return removeContainers
}

/** What a run that was killed left mounted would be in the way of the next. */
async function removeContainers(): Promise<void> {
  await buildah('rm', '--all')
}
