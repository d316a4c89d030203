// The formats of strings that a regular expression alone does not tell, for validators that the compiler makes. Apart from the serdes, so that only an app whose types
// say such a format has them in its bundle.

export { fullFormats as formats } from 'ajv-formats/dist/formats.js'
