// A plugin is a name and parts. The runtime never imports one: the generated entry point, the CLI and the tests wire them in.

import type { Broker } from './broker.ts'
import type { Check } from './check.ts'
import type { Clock } from './clock.ts'
import type { Command } from './command.ts'
import type { Sink, Source } from './connector.ts'
import type { Emitter } from './emitter.ts'
import type { Logger } from './logger.ts'
import type { MetricsReporterFactory } from './metrics.ts'
import type { Secret } from './secret.ts'
import type { Serde } from './serde.ts'
import type { StateEngine } from './store.ts'

/** What `definePlugin` gives and `plugins` in the configuration takes. Every part has a name, which no other plugin of the configuration may have for its kind. */
export interface Plugin {
  /** As npm names packages: `acme` or `@acme/millrace`. */
  readonly name: string
  /** What the setting `broker` can name. */
  readonly brokers?: Readonly<Record<string, BrokerFactory>>
  /** What the setting `stateStore` can name. */
  readonly stores?: Readonly<Record<string, StateEngine>>
  /** Complete topologies, by their own names: checked, built, described and run as if they lay in topologies/. */
  readonly topologies?: Readonly<Record<string, PluginTopology>>
  /** Formats, by what stands before the parenthesis in the names of their serdes: `avro` of `avro(Flight)`. */
  readonly serdes?: Readonly<Record<string, SerdeFormat>>
  /** Functions that give operators for `apply()` of streams and tables. */
  readonly operators?: Readonly<Record<string, OperatorFactory>>
  /** Functions that give sources for `builder.fromSource()`. */
  readonly sources?: Readonly<Record<string, SourceFactory>>
  /** Functions that give sinks for `stream.sinkTo()`. */
  readonly sinks?: Readonly<Record<string, SinkFactory>>
  /** Reporters of metrics: each of them is started with the app. */
  readonly metrics?: Readonly<Record<string, MetricsReporterFactory>>
  /** What `millrace check` and `build` look for besides their own, by diagnostic code: `ACME001`. */
  readonly checks?: Readonly<Record<string, Check>>
  /** What `millrace build` writes beside each bundle, by the name of its folder there: `dist/<topology>/<name>/`. */
  readonly emitters?: Readonly<Record<string, Emitter>>
  /** Commands of the CLI; `acme:report` is typed as `millrace acme report`. */
  readonly commands?: Readonly<Record<string, Command>>
}

export interface BrokerConnection {
  /** `host:port`, as in Kafka's bootstrap.servers. */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** What the settings say of TLS and credentials; undefined: neither. */
  readonly security?: BrokerSecurity | undefined
  readonly logger: Logger
  readonly clock: Clock
}

export interface BrokerSecurity {
  /** Files are PEM. Without a truststore the authorities are Node's. */
  readonly tls:
    | {
        readonly truststoreFile: string | undefined
        readonly keystoreFile: string | undefined
        readonly keyPassword: Secret | undefined
      }
    | undefined
  readonly sasl: SaslCredentials | undefined
}

export type SaslCredentials =
  | { readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; readonly username: string; readonly password: Secret }
  | {
      readonly mechanism: 'OAUTHBEARER'
      readonly tokenUrl: string
      readonly clientId: string
      readonly clientSecret: Secret
      readonly scope: string | undefined
    }

export type BrokerFactory = (connection: BrokerConnection) => Broker

/** What `topology()` gives. */
export interface PluginTopology {
  readonly kind: 'topology'
  readonly name: string
  build(defaults?: object): object
}

/** Makes serdes from what a manifest says of them, for tools that have no topology file. */
export interface SerdeFormat {
  /**
   * The serde that a manifest calls `reference.name`. `schema` is what its `Serde.schema` was, or the JSON Schema that the compiler derived; undefined if
   * there is none. Throws an Error that says what is wrong with it.
   */
  serde(schema: unknown, reference: SerdeReference): Serde<unknown>
}

export interface SerdeReference {
  /** `avro(Flight)`. */
  readonly name: string
  /** What stands in the parentheses, if there are any: `Flight`. */
  readonly type: string | undefined
  /** Makes a serde that stands in the parentheses; its schema is the manifest's, if none is given. */
  serde(name: string, schema?: unknown): Serde<unknown>
}

export type SourceFactory = (...options: never[]) => Source<unknown, unknown>

export type SinkFactory = (...options: never[]) => Sink<never, never>

export type OperatorFactory = (...options: never[]) => (flow: never, context: never) => unknown
