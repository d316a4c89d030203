// Every error that Millrace raises on purpose, in one list: who can mend it, what happened in a sentence, what to do next. Callers test the code;
// the words may change. What varies comes in as details and is put where {name} stands.

export type ErrorKind = 'user' | 'environment' | 'bug'

interface ErrorEntry {
  readonly kind: ErrorKind
  readonly message: string
  readonly remedy: string
}

const entries = {
  // The topology, as its author wrote it.
  'topology-invalid': {
    kind: 'user',
    message: 'Topology {topology}: {problem}',
    remedy: '{remedy}',
  },
  'duration-invalid': {
    kind: 'user',
    message: '{duration} is no duration.',
    remedy: "Write whole milliseconds, or a number with a unit (ms, s, m, h, d), such as 500, '10s' or '1h'.",
  },
  'time-zone-unknown': {
    kind: 'user',
    message: '{timeZone} is no time zone.',
    remedy: 'Write a name of the IANA database, such as Europe/Berlin or UTC.',
  },
  // Records.
  'record-too-large': {
    kind: 'user',
    message: 'A record of {sizeBytes} bytes for {topic}-{partition}{made} is over the limit of {maxBytes} bytes.',
    remedy: 'Send less in one record, or raise max.message.bytes of the topic and maxRequestBytes among the settings of kafka().',
  },
  'record-undecodable': {
    kind: 'user',
    message: 'The record at {place} cannot be read by {node} in task {task}: {problem}.',
    remedy:
      'Mend the type or serde of its source, or set deserializationExceptionHandler to continue or dead-letter, which leave out such records.',
  },
  'callback-failed': {
    kind: 'user',
    message: 'A callback of {node} threw in task {task} on {place}: {problem}{frames}\n',
    remedy:
      'Mend the callback, or filter the record out before it; the task starts again at this record. processingExceptionHandler can leave such records out.',
  },
  'record-unwritable': {
    kind: 'user',
    message: 'The record that {node} makes of {place} in task {task} cannot be written to {topic}: {problem}',
    remedy:
      'Mend its serde, or what the topology makes; or set productionExceptionHandler to continue or dead-letter, which leave out such records.',
  },
  'error-handler-failed': {
    kind: 'user',
    message: 'An error handler of the topology has failed for {node} in task {task}: {problem}. It was asked about: {about}',
    remedy: "Let it answer 'fail', 'continue' or 'dead-letter' (or 'retry', of processing) whatever it is given.",
  },
  'dead-letter-topic-unset': {
    kind: 'user',
    message: 'A record at {place} that {node} in task {task} failed on is to be a dead letter, and there is no topic for them.',
    remedy: 'Set deadLetterTopic.',
  },
  'timestamp-invalid': {
    kind: 'user',
    message: 'The record at {topic}-{partition}, offset {offset}, has the timestamp {timestamp}{known}.',
    remedy:
      "Give its source a `timestamp` callback, or `onInvalidTimestamp: 'skip'` or `'partitionTime'`. Records of clients before Kafka 0.10 have no timestamps.",
  },
  'sliding-window-empty': {
    kind: 'user',
    message: '{node} has sliding windows with a difference of 0, which hold nothing.',
    remedy: 'Give a difference of 1 ms or more. (Kafka Streams too finds this out at the first record.)',
  },
  'chosen-topic-missing': {
    kind: 'environment',
    message: 'A record chose the topic {topic} to be written to, which does not exist.',
    remedy: 'Create the topic, or mend the function given to to().',
  },
  'grace-join-null-key': {
    kind: 'user',
    message: '{node} is a left join with grace, and a record without a key came to it, which cannot wait.',
    remedy: 'Leave such records out before it, or give them a key. (Kafka Streams fails here too.)',
  },
  'source-failed': {
    kind: 'environment',
    message: 'The source {source} of {node} cannot be {doing} in task {task}: {problem}',
    remedy: 'Mend what it reads from, and start again: it goes on behind the last record that was committed.',
  },
  'sink-failed': {
    kind: 'environment',
    message: 'The sink {sink} of {node} cannot be {doing} in task {task}: {problem}',
    remedy: 'Mend what it writes to, and start again: nothing was committed that is not written.',
  },
  'suppress-buffer-full': {
    kind: 'user',
    message:
      '{node} in task {task} holds back {records} rows (limit: {recordsMax}) in {bytes} bytes (limit: {bytesMax}), and is told to stop then.',
    remedy: 'Raise the limits of its buffer, or let it send rows early when it is full.',
  },
  // The broker.
  'topic-missing': {
    kind: 'environment',
    message: 'There is no topic {topic}.',
    remedy: 'Create it, or correct its name in the topology.',
  },
  'topic-invalid': {
    kind: 'environment',
    message: 'The topic {topic} cannot be created: {problem}',
    remedy: 'Choose another name or other settings for it.',
  },
  'no-committed-offset': {
    kind: 'environment',
    message:
      'The group {group} has committed nothing for {partitions}, or its position there is gone, and the offset reset policy is `none`.',
    remedy:
      'Set the offsets of the group, or give the source, or the setting autoOffsetReset, the policy `earliest`, `latest` or a duration.',
  },
  'member-fenced': {
    kind: 'environment',
    message: "The group {group} has gone on without the member {member}: its partitions may already be another's.",
    remedy: 'Nothing was lost: what was not committed is processed again. If it happens often, raise sessionTimeoutMs.',
  },
  'producer-fenced': {
    kind: 'environment',
    message:
      'Another producer has taken the transactional id {transactionalId} over, or its transaction took longer than {timeoutMs} ms: {problem}',
    remedy:
      'Nothing was lost: the transaction was aborted, and what it held is processed again. If it happens often, raise transactionTimeoutMs.',
  },
  'producer-uninitialized': {
    kind: 'bug',
    message: 'The producer with the transactional id {transactionalId} was used before it was initialized.',
    remedy: 'Report this with the log of the app.',
  },
  'group-foreign': {
    kind: 'environment',
    message: 'The group {group} still has members that speak another protocol, after {seconds} s of waiting for them.',
    remedy: 'Stop the Kafka Streams app (or consumer) of that group, or give this app another id: MILLRACE_APPLICATION_ID.',
  },
  'broker-unreachable': {
    kind: 'environment',
    message: 'No broker answers at {brokers}{reason}.',
    remedy: 'Start Kafka (or `millrace broker`) there, or set MILLRACE_BROKERS to where it is.',
  },
  'position-unknown': {
    kind: 'bug',
    message: '{topic}-{partition} was assigned "where it is", and it was not assigned before.',
    remedy: 'Report this with the log of the app.',
  },
  'group-not-empty': {
    kind: 'user',
    message: 'The offsets of group {group} cannot be set: it has members.',
    remedy: 'Stop all instances of the app first, and wait for the session timeout of those that crashed.',
  },
  'client-closed': {
    kind: 'bug',
    message: 'The Kafka client {client} was used after it was closed.',
    remedy: 'Report this with the log of the app.',
  },
  'partition-missing': {
    kind: 'environment',
    message: 'The topic {topic} has {partitions} partitions; there is no partition {partition}.',
    remedy: 'Check the name and the number of partitions of the topic.',
  },
  'broker-address-invalid': {
    kind: 'user',
    message: '{address} is no address of a broker.',
    remedy: 'Write it as host:port, such as localhost:9092; several are separated by commas.',
  },
  'broker-not-kafka': {
    kind: 'environment',
    message: 'What answers at {address} does not speak the Kafka protocol.',
    remedy: 'Check host and port: a web server, a controller port or a TLS port without TLS would look like this.',
  },
  'broker-too-old': {
    kind: 'environment',
    message: 'The broker at {address} has no version of {request} that Millrace speaks.',
    remedy: 'Use Apache Kafka 2.1 or later.',
  },
  'not-authenticated': {
    kind: 'environment',
    message: 'The broker at {address} does not accept these credentials.',
    remedy:
      'Check saslMechanism, saslUsername and saslPassword (MILLRACE_SASL_PASSWORD, or the file of MILLRACE_SASL_PASSWORD_FILE), or the sasl option of kafka().',
  },
  'token-refused': {
    kind: 'environment',
    message: 'The token endpoint at {url} gives {client} no token: {problem}.',
    remedy: 'Check saslOauthbearerTokenEndpointUrl, saslOauthbearerClientId and saslOauthbearerClientSecret, and what the endpoint logs.',
  },
  'not-authorized': {
    kind: 'environment',
    message: 'Kafka does not allow {request} for {subject}.',
    remedy: 'Ask for an ACL that does, or check whose credentials are used.',
  },
  'request-failed': {
    kind: 'environment',
    message: 'Kafka refused a request: {problem}.',
    remedy: "See the broker's log for more.",
  },
  'delivery-failed': {
    kind: 'environment',
    message: '{records} records for {topic}-{partition} could not be delivered: {problem}.',
    remedy: "See the broker's log; start the app again, and it goes on from its last commit.",
  },
  'kafkajs-changed': {
    kind: 'bug',
    message: 'The inside of kafkajs is not as Millrace knows it: {problem}.',
    remedy: 'Install exactly the version of kafkajs that Millrace names.',
  },
  'protocol-malformed': {
    kind: 'environment',
    message: 'What came over the wire is not a message of the Kafka protocol: {problem}.',
    remedy: 'Check that the address is a Kafka broker (not a web server, nor a TLS port without TLS).',
  },
  'record-format-old': {
    kind: 'environment',
    message: 'A record batch of format {magic} was met; only format 2 (Kafka 0.11 and later) is read.',
    remedy: 'Upgrade what writes the topic, or copy the topic with a current client.',
  },
  'record-corrupt': {
    kind: 'environment',
    message: 'A record batch is corrupt: {problem}.',
    remedy: 'Check the disk of the broker; kafka-dump-log shows the batch.',
  },
  // The app: settings, start, tasks.
  'option-unknown': {
    kind: 'user',
    message: '{problem}',
    remedy: 'Try --help.',
  },
  'plugin-invalid': {
    kind: 'user',
    message: 'The plugin {plugin} is not as a plugin has to be:\n  {problems}\n',
    remedy: 'Correct what is given to definePlugin(), or use a version of the plugin that fits this Millrace.',
  },
  'serde-format-unknown': {
    kind: 'user',
    message: 'No plugin has the format {format}, in which the serde {name} writes; there are: {formats}.',
    remedy: 'Name the plugin that has it in millrace.config.ts, as in plugins: [{format}()].',
  },
  'serde-schema-invalid': {
    kind: 'user',
    message: 'The serde {name} cannot be made from what the manifest says of it: {problem}.',
    remedy: 'Build the topology again with the plugins of this configuration, and use the manifest of that build.',
  },
  'summary-not-written': {
    kind: 'environment',
    message: 'The app has ended in order, but its summary cannot be written to {file}: {problem}.',
    remedy: 'Name a file that can be written after --summary.',
  },
  'output-not-written': {
    kind: 'environment',
    message: 'The build cannot be written: {problem}. What was built before is as it was.',
    remedy: 'Make room, give this user write access, or name another folder with --out.',
  },
  'not-supported': {
    kind: 'user',
    message: 'This release does not have {what} yet.',
    remedy: '{instead}',
  },
  'topology-topics-missing': {
    kind: 'user',
    message: 'Topology {topology} uses topics that do not exist:\n  {missing}\n',
    remedy: 'Create them, as `millrace topic create NAME --partitions N` does, or correct their names in the topology.',
  },
  'not-co-partitioned': {
    kind: 'user',
    message: 'Topology {topology} joins topics by key that have different numbers of partitions: {topics}.',
    remedy: 'Give them equal partitions, or call repartition() on one side before the join.',
  },
  'group-message-unreadable': {
    kind: 'environment',
    message: 'A member of the group sent what this release cannot read: {problem}.',
    remedy: 'Another kind of client uses the same application id: set another one, or stop the other.',
  },
  'assignment-unknown': {
    kind: 'environment',
    message: 'The group {group} has given this instance tasks that its topology does not have: {tasks}.',
    remedy:
      'Other instances run another version of the topology: start this one with it too, or give that version an application id of its own.',
  },
  'application-shutdown': {
    kind: 'environment',
    message: 'An instance of the group {group} has failed, and has asked all of it to end.',
    remedy: 'Its log says why. What was processed here is committed. uncaughtExceptionHandler says what a failure does to the others.',
  },
  'internal-topic-partitions': {
    kind: 'environment',
    message: 'The internal topic {topic} has {actual} partitions, and the topology needs {expected}.',
    remedy:
      'Its source topics were given more partitions, or somebody else made it. Stop all instances; then delete the internal topics of the application and its committed offsets to process its input anew, or set another application id.',
  },
  'app-running': {
    kind: 'user',
    message: 'The application {application} runs: members of its group: {members}, state: {state}.',
    remedy: 'Stop all instances first, and wait for the session timeout of those that crashed.',
  },
  'transaction-open': {
    kind: 'environment',
    message: 'A transaction is open in {topic}-{partition}: an instance that is gone has left it behind.',
    remedy: 'Wait until the broker gives it up (transactionTimeoutMs, 10 s if nothing else is set), and try again.',
  },
  'topology-changed': {
    kind: 'user',
    message: 'The topology is another one than the state of {applicationId} was made by, and it would not keep that state:\n  {changes}',
    remedy:
      'Do what it says with each; or, where a change is meant, say so: allowedChanges in the configuration, or MILLRACE_ALLOWED_CHANGES, with its kind, kind:subject, or all.',
  },
  'internal-topic-deleted': {
    kind: 'environment',
    message: 'The internal topic {topic} was deleted while the app was using it.',
    remedy:
      'Start the app again: it makes the topic anew. The state that was in it is gone; to have it again, process the input from the beginning.',
  },
  'settings-invalid': {
    kind: 'user',
    message: 'The settings are wrong:\n  {problems}\n',
    remedy: 'Correct them in millrace.config.ts or in the environment.',
  },
  'metrics-cannot-listen': {
    kind: 'environment',
    message: 'Metrics cannot be given at {host}:{port}: {problem}.',
    remedy: 'Stop what listens there, or give prometheus() another port (0 takes a free one).',
  },
  'health-cannot-listen': {
    kind: 'environment',
    message: 'Probes cannot be answered at {host}:{port}: {problem}.',
    remedy: 'Stop what listens there, or set healthPort (MILLRACE_HEALTH_PORT) to another port; 0 takes a free one.',
  },
  // Schema registries.
  'schema-registry-unreachable': {
    kind: 'environment',
    message: 'The schema registry at {url} does not answer: {problem}.',
    remedy: 'Start it there, or correct the url given to schemaRegistry().',
  },
  'schema-registry-refused': {
    kind: 'environment',
    message: 'The schema registry at {url} does not allow {request} ({status}).',
    remedy: 'Check the credentials given to schemaRegistry(), and what they may do.',
  },
  'schema-registry-failed': {
    kind: 'environment',
    message: 'The schema registry at {url} has failed to {request}: {problem}.',
    remedy: "See the registry's log for more.",
  },
  'schema-incompatible': {
    kind: 'user',
    message: 'The schema registry does not take the schema of {serde} under {subject}: {problem}.',
    remedy: 'Change the schema as the compatibility level of the subject allows, or change that level.',
  },
  'schema-not-registered': {
    kind: 'user',
    message: 'The schema of {serde} is not registered under {subject}.',
    remedy: 'Register exactly this schema there, or let the app do it: autoRegister: true.',
  },
  'schema-subject-unknown': {
    kind: 'user',
    message: 'The serde {serde} cannot tell under which subject its schema is registered: {problem}.',
    remedy: "Give registry.serde() the option subject: 'record' or a function.",
  },
  // State.
  'state-locked': {
    kind: 'environment',
    message: 'The state folder {folder} is in use by another process.',
    remedy: 'Stop the other instance, or give this one a state folder of its own (MILLRACE_STATE_DIR).',
  },
  'state-not-writable': {
    kind: 'environment',
    message: 'The state folder {folder} cannot be written: {problem}.',
    remedy: 'Give the process write access to it, or set MILLRACE_STATE_DIR to a folder that it can write.',
  },
  'state-not-found': {
    kind: 'user',
    message: 'There is no state of {application} in {folder}: {found}.',
    remedy: 'Name the folder that the app has as MILLRACE_STATE_DIR, or the one of the application in it.',
  },
  'state-open': {
    kind: 'user',
    message: 'An app has the state folder {folder} open.',
    remedy: 'Ask the app (millrace state … --app HOST:PORT), or stop it first.',
  },
  'state-not-readable': {
    kind: 'environment',
    message: 'The state folder {folder} cannot be copied to be read: {problem}.',
    remedy: 'Run it as the user who owns the folder, with as much room in the temporary folder (TMPDIR) as the state takes.',
  },
  'state-corrupt': {
    kind: 'environment',
    message: 'The state in {folder} is damaged: {problem}.',
    remedy: 'Start again: the folder is set aside, and the state is rebuilt from the changelog.',
  },
  'state-format-unknown': {
    kind: 'environment',
    message: 'The state folder {folder} holds {found}, which this version cannot read (it reads {expected}).',
    remedy: 'Run the version that wrote it, or delete the folder: the state is rebuilt from the changelog.',
  },
  'state-unreadable': {
    kind: 'user',
    message: 'A value of store {store} cannot be read as {serde}: {problem}.',
    remedy: 'The type changed in a way that old values do not fit: make the new fields optional, or reset the application.',
  },
  'changelog-malformed': {
    kind: 'environment',
    message: 'The record at {topic}-{partition}@{offset} is not a change of store {store}: {problem}.',
    remedy: 'Check that nothing else writes to the changelog; the store may have been of another kind, then reset the application.',
  },
  'state-memory-full': {
    kind: 'environment',
    message: '{what} take {bytes} bytes of memory, in task {task} among others, and may take {bytesMax} ({setting}).',
    remedy: 'Raise {setting}, as far as the machine has memory; keep less, or keep it on disk (persistent: true); or run more instances.',
  },
  'store-incomplete': {
    kind: 'bug',
    message: 'Store {store} is a {kind} store without {missing}.',
    remedy: 'Report this, with the topology that made it.',
  },
  'store-unknown': {
    kind: 'bug',
    message: 'Task {task} has no {kind} store {store}.',
    remedy: 'Connect the store to the processor that opens it; otherwise report this, with the output of describe.',
  },
  // Queries of state.
  'store-not-queryable': {
    kind: 'user',
    message: 'The store {store} cannot be queried as {kind}: {problem}.',
    remedy: '{remedy}',
  },
  'store-unavailable': {
    kind: 'environment',
    message: 'The store {store} cannot be read now: {problem}.',
    remedy: 'Try again when the app runs, or ask the instance that has it.',
  },
  // The embedded broker.
  'broker-folder-locked': {
    kind: 'environment',
    message: 'The data folder {folder} is in use by another broker, process {process}.',
    remedy: 'Stop that one, or give this one a data folder of its own.',
  },
  'broker-folder-unusable': {
    kind: 'environment',
    message: 'The data folder {folder} cannot be used: {problem}.',
    remedy: 'Give the process write access to it, or name another folder.',
  },
  'broker-folder-damaged': {
    kind: 'environment',
    message: 'The data folder {folder} is damaged in a way that no crash does: {problem}',
    remedy: 'Restore it from a copy, or start with another folder; what is in it is left as it is.',
  },
  'broker-cannot-listen': {
    kind: 'environment',
    message: 'The broker cannot listen at {host}:{port}: {problem}.',
    remedy: 'Stop what listens there, or choose another port (0 takes a free one).',
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>

export type ErrorCode = keyof typeof entries

export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>

/** An error that Millrace raised on purpose. `message` ends with the remedy; `cause` is what lay beneath. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: ErrorCode
  readonly kind: ErrorKind
  readonly remedy: string
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown) {
    const entry: ErrorEntry = entries[code]
    const remedy = fillIn(entry.remedy, details)
    const message = fillIn(entry.message, details)
    // Behind a list the remedy stands on a line of its own.
    super(message.endsWith('\n') ? message + remedy : `${message} ${remedy}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.kind = entry.kind
    this.remedy = remedy
    this.details = details
  }
}

export function isMillraceError(error: unknown, code?: ErrorCode): error is MillraceError {
  return error instanceof MillraceError && (code === undefined || error.code === code)
}

function fillIn(text: string, details: ErrorDetails): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (details[name] === undefined ? whole : String(details[name])))
}
