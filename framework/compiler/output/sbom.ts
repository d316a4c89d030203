// The software bill of materials of an app, in CycloneDX's JSON (1.6): what is in the bundle, and what its package-lock.json installs beside it. Without a time or a
// serial number: the same sources give the same bytes.

import { lockedPackages } from '../native-packages.ts'

export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** As its package.json has it: an SPDX expression, if its author has written one. */
  readonly licence: string | undefined
}

export interface SbomRequest {
  readonly application: string
  readonly version: string
  readonly millrace: BundledPackage
  /** npm packages with code in the bundle. */
  readonly bundled: readonly BundledPackage[]
}

export function sbomText({ application, version, millrace, bundled }: SbomRequest): string {
  const beside = Object.entries(lockedPackages).map(([folder, one]) => ({
    ...componentOf({ name: folder.replace(/^.*node_modules\//, ''), version: one.version, licence: one.license }),
    hashes: [{ alg: 'SHA-512', content: Buffer.from(one.integrity.replace(/^sha512-/, ''), 'base64').toString('hex') }],
  }))
  const components = [...[millrace, ...bundled].map(componentOf), ...beside].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))
  const app = `app:${application}`
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      tools: { components: [{ type: 'application', name: 'millrace', version: millrace.version }] },
      component: { type: 'application', 'bom-ref': app, name: application, version },
    },
    components,
    // Who imports whom inside a bundle is nobody's business any more: the app has them all.
    dependencies: [{ ref: app, dependsOn: components.map((one) => one['bom-ref']) }],
  }
  return `${JSON.stringify(bom, null, 2)}\n`
}

function componentOf({ name, version, licence }: BundledPackage) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`
  return {
    type: 'library',
    'bom-ref': purl,
    ...nameParts(name),
    version,
    ...(licence === undefined ? {} : { licenses: [licenceOf(licence)] }),
    purl,
  }
}

/** A scope is a group of CycloneDX. */
function nameParts(name: string): { readonly group?: string; readonly name: string } {
  const [group, own] = name.split('/')
  return own === undefined || group === undefined ? { name } : { group, name: own }
}

/** One licence has an id; what is composed, or is no SPDX at all, is an expression or a name. */
function licenceOf(licence: string): object {
  if (/^[A-Za-z0-9.+-]+$/.test(licence) && !/^(UNLICENSED|SEE)/i.test(licence)) return { license: { id: licence } }
  return / (AND|OR|WITH) /.test(licence) ? { expression: licence } : { license: { name: licence } }
}
