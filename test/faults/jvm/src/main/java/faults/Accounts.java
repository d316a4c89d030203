package faults;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
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
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * The Kafka Streams side of the faults: millrace/topologies/accounts.ts has the same topology. Takes its settings from the variables that Millrace has, and answers, as
 * Millrace does, GET /state/NAME with a line of JSON for each row. Says on which port, and ends in order on SIGTERM.
 */
public final class Accounts {
  public static void main(String[] arguments) throws Exception {
    KafkaStreams streams = new KafkaStreams(topology(), settings(System.getenv()));
    streams.setUncaughtExceptionHandler(thrown -> {
      thrown.printStackTrace();
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/state/", exchange -> {
      byte[] answer;
      int status = 200;
      try {
        answer = rows(streams, exchange.getRequestURI().getPath().substring("/state/".length()));
      } catch (RuntimeException unavailable) {
        status = 503;
        answer = String.valueOf(unavailable.getMessage()).getBytes(StandardCharsets.UTF_8);
      }
      exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
      try (OutputStream body = exchange.getResponseBody()) {
        body.write(answer);
      }
    });
    server.start();
    System.out.println("at http://127.0.0.1:" + server.getAddress().getPort() + "/");
    streams.start();
  }

  private static byte[] rows(KafkaStreams streams, String name) throws IOException {
    ReadOnlyKeyValueStore<String, Long> store =
        streams.store(StoreQueryParameters.fromNameAndType(name, QueryableStoreTypes.keyValueStore()));
    StringBuilder lines = new StringBuilder();
    try (KeyValueIterator<String, Long> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<String, Long> row = all.next();
        lines.append("{\"key\":\"").append(row.key).append("\",\"value\":").append(row.value).append("}\n");
      }
    }
    return lines.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static Topology topology() {
    StreamsBuilder builder = new StreamsBuilder();
    KStream<String, String> events = builder.stream("fault-events", Consumed.with(Serdes.String(), Serdes.String()));
    events.mapValues(event -> event).to("fault-copies", Produced.with(Serdes.String(), Serdes.String()));
    write(events.groupByKey().count(Materialized.as("byKey")), "fault-keys");
    write(events.groupBy((key, event) -> event.substring(event.indexOf(' ') + 1), Grouped.with("byAccount", Serdes.String(), Serdes.String()))
        .count(Materialized.as("byAccount")), "fault-accounts");
    return builder.build();
  }

  /** As the text that the JSON of a number is. */
  private static void write(KTable<String, Long> counts, String topic) {
    counts.toStream().mapValues(String::valueOf).to(topic, Produced.with(Serdes.String(), Serdes.String()));
  }

  private static Properties settings(Map<String, String> environment) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, environment.get("MILLRACE_APPLICATION_ID"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, environment.get("MILLRACE_BROKERS"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, environment.get("MILLRACE_STATE_DIR"));
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, environment.get("MILLRACE_COMMIT_INTERVAL_MS"));
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, environment.get("MILLRACE_CACHE_BYTES_MAX"));
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, environment.get("MILLRACE_PROCESSING_GUARANTEE"));
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put("auto.offset.reset", "earliest");
    String session = environment.get("MILLRACE_SESSION_TIMEOUT_MS");
    if (session != null) settings.put("session.timeout.ms", session);
    String instance = environment.get("MILLRACE_GROUP_INSTANCE_ID");
    if (instance != null) settings.put("group.instance.id", instance);
    return settings;
  }

  private Accounts() {}
}
