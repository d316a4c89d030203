// The public methods of Kafka Streams 4.3.1 that an application calls, by class, as `javap -public` lists them.

export const kafkaStreamsApi: Readonly<Record<string, string>> = {
  StreamsBuilder: 'addGlobalStore addStateStore build globalTable stream table',
  Topology: 'addGlobalStore addProcessor addReadOnlyStateStore addSink addSource addStateStore connectProcessorAndStateStores describe',
  KStream:
    'filter filterNot flatMap flatMapValues foreach groupBy groupByKey join leftJoin map mapValues merge outerJoin peek print process processValues repartition selectKey split to toTable',
  BranchedKStream: 'branch defaultBranch noDefaultBranch',
  KTable: 'filter filterNot groupBy join leftJoin mapValues outerJoin queryableStoreName suppress toStream transformValues',
  GlobalKTable: 'queryableStoreName',
  KGroupedStream: 'aggregate cogroup count reduce windowedBy',
  KGroupedTable: 'aggregate count reduce',
  TimeWindowedKStream: 'aggregate count emitStrategy reduce',
  SessionWindowedKStream: 'aggregate count emitStrategy reduce',
  CogroupedKStream: 'aggregate cogroup windowedBy',
  ProcessorContext:
    'appConfigs appConfigsWithPrefix applicationId commit currentStreamTimeMs currentSystemTimeMs forward getStateStore keySerde metrics recordMetadata schedule stateDir taskId valueSerde',
  Stores:
    'inMemoryKeyValueStore inMemorySessionStore inMemoryWindowStore keyValueStoreBuilder lruMap persistentKeyValueStore persistentSessionStore persistentSessionStoreWithHeaders persistentTimestampedKeyValueStore persistentTimestampedKeyValueStoreWithHeaders persistentTimestampedWindowStore persistentTimestampedWindowStoreWithHeaders persistentVersionedKeyValueStore persistentWindowStore sessionStoreBuilder sessionStoreWithHeadersBuilder timestampedKeyValueStoreBuilder timestampedKeyValueStoreWithHeadersBuilder timestampedWindowStoreBuilder timestampedWindowStoreWithHeadersBuilder versionedKeyValueStoreBuilder windowStoreBuilder',
  KafkaStreams:
    'addStreamThread allLocalStorePartitionLags cleanUp clientInstanceIds close isPaused metadataForAllStreamsClients metadataForLocalThreads metrics pause query queryMetadataForKey removeStreamThread resume setGlobalStateRestoreListener setStandbyUpdateListener setStateListener setUncaughtExceptionHandler start state store streamsMetadataForStore',
}
