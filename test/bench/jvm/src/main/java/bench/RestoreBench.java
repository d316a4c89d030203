package bench;

import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * The Kafka Streams side of `npm run bench:restore`: topologies/restore.ts has the same topology. Prints, each time that a store is restored, how many records all
 * stores have restored, and in how many seconds since the first of them began; then runs until it is killed.
 */
public final class RestoreBench {
  public static void main(String[] arguments) {
    Map<String, String> environment = System.getenv();
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, environment.get("MILLRACE_APPLICATION_ID"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, environment.get("MILLRACE_BROKERS"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, environment.get("MILLRACE_STATE_DIR"));
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, environment.get("MILLRACE_COMMIT_INTERVAL_MS"));
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, environment.get("MILLRACE_CACHE_BYTES_MAX"));
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, environment.get("MILLRACE_PROCESSING_GUARANTEE"));
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put("group.instance.id", environment.get("MILLRACE_GROUP_INSTANCE_ID"));
    settings.put("auto.offset.reset", "earliest");

    StreamsBuilder builder = new StreamsBuilder();
    builder.<String, String>stream("restore-events").groupByKey().reduce((before, event) -> event, Materialized.as("latest")).toStream()
        .to("restore-output");
    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    streams.setGlobalStateRestoreListener(new Restored());
    streams.start();
  }

  private static final class Restored implements StateRestoreListener {
    private final AtomicLong records = new AtomicLong();
    private final AtomicLong startedNanos = new AtomicLong();

    @Override
    public void onRestoreStart(TopicPartition partition, String store, long start, long end) {
      startedNanos.compareAndSet(0, System.nanoTime());
    }

    @Override
    public void onBatchRestored(TopicPartition partition, String store, long end, long count) {}

    @Override
    public void onRestoreEnd(TopicPartition partition, String store, long count) {
      double seconds = (System.nanoTime() - startedNanos.get()) / 1e9;
      System.out.printf("Restored %d records in %.3f s.%n", records.addAndGet(count), seconds);
    }
  }

  private RestoreBench() {}
}
