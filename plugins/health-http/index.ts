// Probes of an app over HTTP: /livez, /readyz, /metrics.

export { health } from './health-server.ts'
export { type Verdict, verdictOfLife, verdictOfReadiness } from './verdicts.ts'
