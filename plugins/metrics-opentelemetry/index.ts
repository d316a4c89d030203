// Metrics by OpenTelemetry, with its own SDK, which has to be installed beside Millrace.

export { type OpenTelemetryOptions, openTelemetry } from './open-telemetry.ts'
