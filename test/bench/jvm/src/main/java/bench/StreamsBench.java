package bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.time.Duration;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;

/**
 * One topology of the benchmark on Kafka Streams, one thread, from the earliest offset to what the input's end was at the start. The settings are Kafka
 * Streams' defaults but for those given: BROKERS, APPLICATION_ID, STATE_DIR, COMMIT_INTERVAL_MS, CACHE_BYTES_MAX and PROCESSING_GUARANTEE, as Millrace takes them from the
 * environment. Arguments: map | chain | count | window | session | join, the input topic, the output topic. Prints one line of JSON.
 */
public final class StreamsBench {
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final Duration GAP = Duration.ofSeconds(5);

  /** Written by the one stream thread. */
  private static volatile long firstRecordNanos;
  private static volatile long processed;

  public static void main(String[] arguments) throws Exception {
    String applicationId = System.getenv("MILLRACE_APPLICATION_ID");
    Properties settings = settings(applicationId);
    Topology topology = topology(arguments[0], arguments[1], arguments[2]);

    try (Admin admin = Admin.create(Map.of("bootstrap.servers", settings.get(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG)))) {
      Map<TopicPartition, Long> ends = endOffsets(admin, arguments[1]);
      long records = ends.values().stream().mapToLong(Long::longValue).sum();

      KafkaStreams streams = new KafkaStreams(topology, settings);
      streams.start();
      while (processed < records) Thread.sleep(2);
      // Closing commits at once what the interval would commit later. The clock stops with the commit, not with the end of the shutdown.
      CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> streams.close(Duration.ofMinutes(1)));
      while (!committed(admin, applicationId).equals(ends)) Thread.sleep(2);
      double seconds = (System.nanoTime() - firstRecordNanos) / 1e9;
      closed.get();
      System.out.printf("{\"recordsIn\":%d,\"seconds\":%.3f,\"rssPeakBytes\":%d}%n", processed, seconds, rssPeakBytes());
    }
  }

  private static Topology topology(String name, String input, String output) {
    StreamsBuilder builder = new StreamsBuilder();
    KStream<String, String> events =
        builder.stream(input, Consumed.with(Serdes.String(), Serdes.String())).peek((key, value) -> countRecord());
    switch (name) {
      case "map" -> events.mapValues(value -> value.toUpperCase()).to(output, Produced.with(Serdes.String(), Serdes.String()));
      case "chain" -> events
          .filter((key, value) -> !value.contains("\"action\":\"search\""))
          .mapValues(value -> value.toUpperCase())
          .map((key, value) -> KeyValue.pair(key + "/mobile", value))
          .filter((key, value) -> value.contains("\"MOBILE\":TRUE"))
          .mapValues(value -> "[" + value + "]")
          .to(output, Produced.with(Serdes.String(), Serdes.String()));
      case "count" -> events.groupByKey().count(Materialized.as("counts")).toStream()
          .to(output, Produced.with(Serdes.String(), Serdes.Long()));
      case "window" -> events.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(WINDOW)).count(Materialized.as("counts")).toStream()
          .to(output, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW.toMillis()), Serdes.Long()));
      case "session" -> events.groupByKey().windowedBy(SessionWindows.ofInactivityGapWithNoGrace(GAP)).count(Materialized.as("counts")).toStream()
          .to(output, Produced.with(WindowedSerdes.sessionWindowedSerdeFrom(String.class), Serdes.Long()));
      case "join" -> {
        KStream<String, String> views = events.filter((key, value) -> value.contains("\"action\":\"view\""));
        KStream<String, String> purchases = events.filter((key, value) -> value.contains("\"action\":\"purchase\""));
        purchases.join(views, (purchase, view) -> purchase + "|" + view, JoinWindows.ofTimeDifferenceWithNoGrace(WINDOW))
            .to(output, Produced.with(Serdes.String(), Serdes.String()));
      }
      default -> throw new IllegalArgumentException("no topology " + name);
    }
    return builder.build();
  }

  private static void countRecord() {
    if (processed == 0) firstRecordNanos = System.nanoTime();
    processed = processed + 1;
  }

  private static Properties settings(String applicationId) {
    Map<String, String> environment = System.getenv();
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, environment.get("MILLRACE_BROKERS"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, environment.get("MILLRACE_STATE_DIR"));
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, environment.get("MILLRACE_COMMIT_INTERVAL_MS"));
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, environment.get("MILLRACE_CACHE_BYTES_MAX"));
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, "1");
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, environment.get("MILLRACE_PROCESSING_GUARANTEE"));
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put("auto.offset.reset", "earliest");
    return settings;
  }

  private static Map<TopicPartition, Long> endOffsets(Admin admin, String topic) throws Exception {
    TopicDescription description = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    description.partitions().forEach(partition -> latest.put(new TopicPartition(topic, partition.partition()), OffsetSpec.latest()));
    Map<TopicPartition, Long> ends = new HashMap<>();
    admin.listOffsets(latest).all().get().forEach((partition, result) -> ends.put(partition, result.offset()));
    return ends;
  }

  private static Map<TopicPartition, Long> committed(Admin admin, String group) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    Map<TopicPartition, Long> committed = new HashMap<>();
    offsets.forEach((partition, offset) -> committed.put(partition, offset.offset()));
    return committed;
  }

  private static long rssPeakBytes() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
    }
    return 0;
  }

  private StreamsBench() {}
}
