// The import rules of the architecture: what each folder of the framework may see. Imports go one way, and what is not listed is forbidden.

const anyone = ['errors', 'ports']

/** Folder (or file) of framework/ → the folders and files of framework/ that it may import besides its own. */
const mayImport = {
  errors: [],
  ports: [],
  config: [...anyone, 'graph/cost/budget'],
  plugins: [...anyone],
  graph: [...anyone, 'serdes'],
  serdes: [...anyone, 'plugins', 'graph/window-spec'],
  dsl: [...anyone, 'graph', 'serdes'],
  state: [...anyone, 'graph', 'serdes'],
  operators: [
    ...anyone,
    'graph',
    'serdes',
    'state/contract',
    'state/keyed-contract',
    'state/windowed-contract',
    'state/versioned-contract',
  ],
  // The entry point hands the runtime a definition: it needs that type, and nothing of how definitions are written.
  runtime: [...anyone, 'plugins', 'graph', 'serdes', 'state', 'operators', 'config', 'dsl/topology-definition'],
  compiler: [...anyone, 'plugins', 'graph', 'serdes'],
  vitest: ['compiler'],
}

const place = (name) => `^framework/${name}(/|[.]ts$)`

const layers = Object.entries(mayImport).map(([layer, others]) => ({
  name: `framework-${layer}`,
  comment: `framework/${layer} imports only ${others.length === 0 ? 'its own files' : others.join(', ')}.`,
  severity: 'error',
  from: { path: place(layer) },
  to: { path: '^(framework|plugins|cli|test|scripts)/', pathNot: [layer, ...others].map(place) },
}))

export default {
  forbidden: [
    ...layers,
    {
      name: 'plugins-see-the-index-only',
      comment: 'A plugin imports framework/index.ts and its own files: so it could be a package of its own.',
      severity: 'error',
      from: { path: '^plugins/([^/]+)/' },
      to: { path: '^(framework|plugins|cli|test|scripts)/', pathNot: ['^plugins/$1/', '^framework/index[.]ts$'] },
    },
    {
      name: 'nothing-built-in-imports-a-composition-root',
      comment: 'The cli and the tests compose; nobody imports them.',
      severity: 'error',
      from: { path: '^(framework|plugins)/' },
      to: { path: '^(cli|test|scripts)/' },
    },
    {
      name: 'the-testkit-needs-no-test-runner',
      comment: 'test/kit is published as millrace/testkit.',
      severity: 'error',
      from: { path: '^test/kit/', pathNot: '[.]test(-d)?[.]ts$' },
      to: { path: ['^node_modules/(vitest|fast-check)/', '^(cli|scripts)/'] },
    },
    {
      name: 'no-circle',
      comment: 'Types may refer to each other; code that runs may not.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'only-what-package-json-names',
      severity: 'error',
      // cli/oclif.ts is bundled with what it imports.
      from: { path: '^(framework|plugins|cli|test/kit)/', pathNot: ['[.]test(-d)?[.]ts$', '^cli/oclif[.]ts$'] },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'unknown', 'undetermined'],
        dependencyTypesNot: ['npm-peer'],
        couldNotResolve: false,
      },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    // One place imports each large library, so that it could be exchanged.
    ...onePlaceFor('@datadog/sketches-js', '^framework/dsl/quantiles[.]ts$'),
    ...onePlaceFor('temporal-polyfill', '^framework/dsl/calendar-windows[.]ts$'),
    ...onePlaceFor('kafkajs', '^plugins/kafka/'),
    ...onePlaceFor('csv-parse', '^plugins/files/file-rows[.]ts$'),
    ...onePlaceFor('csv-stringify', '^plugins/files/to-file[.]ts$'),
    ...onePlaceFor('classic-level', '^plugins/store-leveldb/'),
    ...onePlaceFor('ts-morph', '^framework/compiler/'),
    ...onePlaceFor('esbuild', '^framework/compiler/'),
    ...onePlaceFor('avsc', '^plugins/serde-avro/'),
    ...onePlaceFor('protobufjs', '^plugins/serde-protobuf/'),
    ...onePlaceFor('prom-client', '^plugins/metrics-prometheus/'),
    ...['api', 'exporter-metrics-otlp-http', 'resources', 'sdk-metrics'].flatMap((one) =>
      onePlaceFor(`@opentelemetry/${one}`, '^plugins/metrics-opentelemetry/'),
    ),
    ...onePlaceFor('@confluentinc/schemaregistry', '^plugins/schema-registry/'),
    ...onePlaceFor('@oclif/core', '^cli/oclif[.]ts$'),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^build/'] },
    exclude: { path: '^test/fixtures/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
}

function onePlaceFor(library, path) {
  return [
    {
      name: `one-place-for-${library.replace(/^@/, '').replace('/', '-')}`,
      severity: 'error',
      from: { path: '^(framework|plugins|cli)/', pathNot: path },
      to: { path: `^node_modules/${library}/` },
    },
  ]
}
