// What a program has of what a serde carries, by the name that the manifest has for the serde: its type, how it is made of JSON, and how it is written into a question.

import type { DescribedSchemas } from '../../framework/serdes/from-manifest.ts'
import { serdeParts } from '../../framework/serdes/serde-name.ts'
import { listOf } from './json-schemas.ts'
import type { SchemaTypes } from './schema-types.ts'
import type { WireForms } from './wire-forms.ts'
import type { Form, KeyForm } from './wire-values.ts'

export interface CarriedType {
  readonly type: string
  readonly form: Form
  readonly as: KeyForm['as']
}

export class SerdeTypes {
  private readonly schemas: Readonly<Record<string, unknown>>
  private readonly types: SchemaTypes
  private readonly forms: WireForms

  constructor({ schemas = {} }: DescribedSchemas, types: SchemaTypes, forms: WireForms) {
    this.schemas = schemas
    this.types = types
    this.forms = forms
  }

  of(name: string, given?: unknown): CarriedType {
    const { format, types } = serdeParts(name)
    const schema = given ?? (Object.hasOwn(this.schemas, name) ? this.schemas[name] : undefined)
    const [first = '', second = ''] = types
    switch (format) {
      case 'string':
        return { type: schema === undefined ? 'string' : this.types.of(schema), form: null, as: 'text' }
      case 'long':
      case 'integer':
        return { type: 'number', form: null, as: 'json' }
      case 'double':
        return { type: 'number', form: 'number', as: 'json' }
      case 'bytes':
        return { type: 'Uint8Array', form: 'Uint8Array', as: 'bytes' }
      case 'json':
        return { type: this.types.of(schema), form: this.forms.of(name, schema), as: 'json' }
      case 'windowed':
      case 'session': {
        const key = this.of(first, schema)
        return { type: `Windowed<${key.type}>`, form: { members: { key: key.form, end: 'number' } }, as: 'json' }
      }
      case 'entry': {
        const [ofKey, ofEntry] = listOf(schema)
        const [key, entry] = [this.of(first, ofKey ?? undefined), this.of(second, ofEntry ?? undefined)]
        const first_ = [key.form, entry.form]
        return {
          type: `readonly [${key.type}, ${entry.type}]`,
          form: first_.every((form) => form === null) ? null : { array: null, first: first_ },
          as: 'json',
        }
      }
      default:
        // Formats of plugins have languages of their own for what they carry, and what only operators read has none.
        return { type: 'unknown', form: null, as: 'json' }
    }
  }
}
