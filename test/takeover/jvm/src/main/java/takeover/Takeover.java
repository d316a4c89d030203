package takeover;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;
import org.apache.kafka.streams.processor.internals.TopicPartitionMetadata;

/**
 * The Kafka Streams side of a takeover: topology-of.ts has the same topology. Arguments: brokers, application id, state folder, prefix of the topics. First prints,
 * a line each, what the group has committed, as Kafka Streams reads it: topic-partition, offset, partition time. Then runs until the group has committed all that the
 * topics hold which it reads, and closes: as a Kafka Streams app does by default, without leaving the group.
 */
public final class Takeover {
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final long DEADLINE_MS = 90_000;

  private static volatile Throwable failure;

  public static void main(String[] arguments) throws Exception {
    String brokers = arguments[0];
    String applicationId = arguments[1];
    String prefix = arguments[3];
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      committed(admin, applicationId).forEach((partition, offset) -> System.out.printf("%s %d %d%n", partition, offset.offset(),
          TopicPartitionMetadata.decode(offset.metadata()).partitionTime()));
      KafkaStreams streams = new KafkaStreams(topology(prefix), settings(brokers, applicationId, arguments[2]));
      streams.setUncaughtExceptionHandler(thrown -> {
        failure = thrown;
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
      });
      streams.start();
      long deadline = System.currentTimeMillis() + DEADLINE_MS;
      while (failure == null && !isDone(admin, applicationId, prefix)) {
        if (System.currentTimeMillis() > deadline) throw new IllegalStateException("not done in time: " + committed(admin, applicationId));
        Thread.sleep(100);
      }
      streams.close(Duration.ofSeconds(30));
    }
    if (failure != null) {
      failure.printStackTrace();
      System.exit(1);
    }
  }

  private static Topology topology(String prefix) {
    StreamsBuilder builder = new StreamsBuilder();
    KStream<String, String> events = builder.stream(prefix + "-events", Consumed.with(Serdes.String(), Serdes.String()));
    KTable<String, String> people = builder.table(prefix + "-people", Consumed.with(Serdes.String(), Serdes.String()), Materialized.as("people"));

    KTable<String, Long> counts = events.groupByKey(Grouped.with(Serdes.String(), Serdes.String())).count(Materialized.as("counts"));
    counts.toStream().to(prefix + "-counts", Produced.with(Serdes.String(), Serdes.Long()));

    events.groupByKey(Grouped.with(Serdes.String(), Serdes.String())).windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, Duration.ofSeconds(5)))
        .count(Materialized.as("windows")).toStream()
        .to(prefix + "-windows", Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW.toMillis()), Serdes.Long()));

    events.groupBy((key, value) -> value.substring(0, 1), Grouped.with("by-letter", Serdes.String(), Serdes.String()))
        .count(Materialized.as("letters")).toStream().to(prefix + "-letters", Produced.with(Serdes.String(), Serdes.Long()));

    counts.join(people, (count, person) -> person + ":" + count, Materialized.<String, String, org.apache.kafka.streams.state.KeyValueStore<
        org.apache.kafka.common.utils.Bytes, byte[]>>as("joined").withValueSerde(Serdes.String()))
        .toStream().to(prefix + "-joined", Produced.with(Serdes.String(), Serdes.String()));
    return builder.build();
  }

  private static Properties settings(String brokers, String applicationId, String stateDir) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put("auto.offset.reset", "earliest");
    // It stays in its group so long after a close; 45 s by default.
    settings.put("session.timeout.ms", 8_000);
    settings.put("heartbeat.interval.ms", 1_000);
    return settings;
  }

  /** All inputs and the repartition topic are committed up to their ends; a partition that holds nothing need not be. */
  private static boolean isDone(Admin admin, String applicationId, String prefix) throws Exception {
    String repartition = applicationId + "-by-letter-repartition";
    if (!admin.listTopics().names().get().contains(repartition)) return false;
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    for (var description : admin.describeTopics(List.of(prefix + "-events", prefix + "-people", repartition)).allTopicNames().get().values())
      description.partitions().forEach(partition -> latest.put(new TopicPartition(description.name(), partition.partition()), OffsetSpec.latest()));
    Map<TopicPartition, OffsetAndMetadata> committed = committed(admin, applicationId);
    for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end : admin.listOffsets(latest).all().get().entrySet()) {
      OffsetAndMetadata offset = committed.get(end.getKey());
      if (end.getValue().offset() > (offset == null ? 0 : offset.offset())) return false;
    }
    return true;
  }

  private static Map<TopicPartition, OffsetAndMetadata> committed(Admin admin, String group) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> sorted = new TreeMap<>((left, right) -> left.toString().compareTo(right.toString()));
    sorted.putAll(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get());
    return sorted;
  }

  private Takeover() {}
}
