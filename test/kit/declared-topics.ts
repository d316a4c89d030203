// Topics and stores of a topology as the project's millrace-env.d.ts declares them. Of a topology that is not declared, every name will do, and types are unknown.

import type { TopologyTopics } from '../../framework/dsl/topology-topics.ts'

interface TopicTypes {
  readonly key: unknown
  readonly value: unknown
}

interface Undeclared {
  readonly inputs: Readonly<Record<string, TopicTypes>>
  readonly outputs: Readonly<Record<string, TopicTypes>>
  readonly stores: Readonly<Record<string, TopicTypes & { readonly kind: unknown }>>
}

type Declared<Name extends string> = Name extends keyof TopologyTopics ? TopologyTopics[Name] : Undeclared

/** A name of which nothing is declared is any name: drivers of such topologies are all of one type. */
export type DeclaredName<Name extends string> = Name extends keyof TopologyTopics ? Name : string

/** Any name, and only where nothing is declared. */
export type UndeclaredName<Name extends string> = Name extends keyof TopologyTopics ? never : string

type Inputs<Name extends string> = Declared<Name> extends { readonly inputs: infer Topics } ? Topics : never
type Outputs<Name extends string> = Declared<Name> extends { readonly outputs: infer Topics } ? Topics : never
type Stores<Name extends string> = Declared<Name> extends { readonly stores: infer All } ? All : never
/** What is written to topics that each record chooses: none of them has a name before it is written. */
type Chosen<Name extends string> = Declared<Name> extends { readonly chosenOutputs: infer Types } ? Types : never

/** What is read from topics whose names match a pattern. */
type Patterned<Name extends string> = Declared<Name> extends { readonly patternInputs: infer Types } ? Types : never

/** Any text where there are such types; written so that editors go on offering the names that are known. */
type AnyTextIf<Types> = [Types] extends [never] ? never : string & Record<never, never>

type Named<Types, Name> = Name extends keyof Types ? Types[Name] : never
type KeyOf<Types> = Types extends { readonly key: infer Key } ? Key : never
type ValueOf<Types> = Types extends { readonly value: infer Value } ? Value : never

export type InputTopic<Name extends string> = Extract<keyof Inputs<Name>, string> | AnyTextIf<Patterned<Name>>
type InputTypes<Name extends string, Topic> = Topic extends keyof Inputs<Name> ? Inputs<Name>[Topic] : Patterned<Name>
/** A topic can hold a record without a key or without a value, whatever its readers expect. */
export type InputKey<Name extends string, Topic> = KeyOf<InputTypes<Name, Topic>> | null
export type InputValue<Name extends string, Topic> = ValueOf<InputTypes<Name, Topic>> | null

export type OutputTopic<Name extends string> = Extract<keyof Outputs<Name>, string> | AnyTextIf<Chosen<Name>>
type OutputTypes<Name extends string, Topic> = Topic extends keyof Outputs<Name> ? Outputs<Name>[Topic] : Chosen<Name>
export type OutputKey<Name extends string, Topic> = KeyOf<OutputTypes<Name, Topic>>
export type OutputValue<Name extends string, Topic> = ValueOf<OutputTypes<Name, Topic>>

/** The names of stores of a kind. */
export type StoreName<Name extends string, Kind> = Extract<
  { [Store in keyof Stores<Name>]: Stores<Name>[Store] extends { readonly kind: Kind } ? Store : never }[keyof Stores<Name>],
  string
>
export type StoreKey<Name extends string, Store> = KeyOf<Named<Stores<Name>, Store>>
export type StoreValue<Name extends string, Store> = ValueOf<Named<Stores<Name>, Store>>
