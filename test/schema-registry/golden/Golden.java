// Writes golden.json: what Apache Avro and protobuf-java write, and what Confluent's serializers put before it. Those are not on Maven Central, so their header
// is written here, as AbstractKafkaSchemaSerDe and MessageIndexes do: the byte 0, the id as a big-endian int, and for Protobuf the message indexes.
//
// Made with org.apache.avro:avro:1.12.0 and com.google.protobuf:protobuf-java:4.29.3:  java -cp 'lib/*' Golden.java > golden.json

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.DescriptorProtos.*;
import com.google.protobuf.Descriptors.*;
import com.google.protobuf.DynamicMessage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.avro.Schema;
import org.apache.avro.generic.*;
import org.apache.avro.io.*;

public class Golden {
  static final List<String> avro = new ArrayList<>();
  static final List<String> protobuf = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    avro("\"string\"", "\"grün 🚀\"");
    avro("\"long\"", "-9007199254740991");
    avro("\"double\"", "1.0E-7");
    avro("\"boolean\"", "true");
    avro("[\"null\",\"string\",\"long\"]", "{\"long\":1234567890123}");
    avro("{\"type\":\"map\",\"values\":\"int\"}", "{\"a\":1,\"b\":-2}");
    avro("{\"type\":\"enum\",\"name\":\"Suit\",\"symbols\":[\"SPADES\",\"HEARTS\"]}", "\"HEARTS\"");
    avro("{\"type\":\"fixed\",\"name\":\"Four\",\"size\":4}", "\"\\u0001\\u0002\\u0003\\u00ff\"");
    avro(
        "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"},{\"name\":\"item\",\"type\":\"string\"},"
            + "{\"name\":\"note\",\"type\":[\"null\",\"string\"],\"default\":null},{\"name\":\"prices\",\"type\":{\"type\":\"array\",\"items\":\"double\"}}]}",
        "{\"id\":7,\"item\":\"tea\",\"note\":{\"string\":\"hot\"},\"prices\":[1.5,2.0]}");
    avro(
        "{\"type\":\"record\",\"name\":\"Node\",\"fields\":[{\"name\":\"value\",\"type\":\"int\"},{\"name\":\"next\",\"type\":[\"null\",\"Node\"]}]}",
        "{\"value\":1,\"next\":{\"Node\":{\"value\":2,\"next\":null}}}");
    protobufMessages();
    System.out.println("{\"avro\":[\n" + String.join(",\n", avro) + "\n],\n\"protobuf\":[\n" + String.join(",\n", protobuf) + "\n]}");
  }

  static void avro(String schemaText, String json) throws IOException {
    Schema schema = new Schema.Parser().parse(schemaText);
    Object value = new GenericDatumReader<>(schema).read(null, DecoderFactory.get().jsonDecoder(schema, json));
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(plain, null);
    new GenericDatumWriter<>(schema).write(value, encoder);
    encoder.flush();
    avro.add(
        "{\"schema\":" + quoted(schemaText) + ",\"json\":" + json + ",\"hex\":\"" + hex(plain.toByteArray())
            + "\",\"framed\":\"" + hex(header(0x01020304)) + hex(plain.toByteArray()) + "\"}");
  }

  /** package shop; message First { string a = 1; } message Cart { message Line { string sku = 1; sint64 count = 2; } repeated Line lines = 1; ... } */
  static void protobufMessages() throws Exception {
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("cart.proto").setPackage("shop").setSyntax("proto3")
            .addMessageType(DescriptorProto.newBuilder().setName("First").addField(field("a", 1, FieldDescriptorProto.Type.TYPE_STRING)))
            .addMessageType(
                DescriptorProto.newBuilder().setName("Cart")
                    .addNestedType(
                        DescriptorProto.newBuilder().setName("Line")
                            .addField(field("sku", 1, FieldDescriptorProto.Type.TYPE_STRING))
                            .addField(field("count", 2, FieldDescriptorProto.Type.TYPE_SINT64)))
                    .addField(
                        field("lines", 1, FieldDescriptorProto.Type.TYPE_MESSAGE).toBuilder()
                            .setLabel(FieldDescriptorProto.Label.LABEL_REPEATED).setTypeName(".shop.Cart.Line"))
                    .addField(field("total", 2, FieldDescriptorProto.Type.TYPE_INT64))
                    .addField(field("photo", 3, FieldDescriptorProto.Type.TYPE_BYTES))
                    .addField(field("paid", 4, FieldDescriptorProto.Type.TYPE_BOOL)))
            .build();
    FileDescriptor shop = FileDescriptor.buildFrom(file, new FileDescriptor[0]);
    Descriptor first = shop.findMessageTypeByName("First");
    Descriptor cart = shop.findMessageTypeByName("Cart");
    Descriptor line = cart.findNestedTypeByName("Line");
    protobuf("shop.First", new int[] {0}, DynamicMessage.newBuilder(first).setField(first.findFieldByName("a"), "x").build(), "{\"a\":\"x\"}");
    DynamicMessage tea =
        DynamicMessage.newBuilder(line).setField(line.findFieldByName("sku"), "tea").setField(line.findFieldByName("count"), -3L).build();
    protobuf("shop.Cart.Line", new int[] {1, 0}, tea, "{\"sku\":\"tea\",\"count\":-3}");
    DynamicMessage whole =
        DynamicMessage.newBuilder(cart)
            .addRepeatedField(cart.findFieldByName("lines"), tea)
            .setField(cart.findFieldByName("total"), 9007199254740991L)
            .setField(cart.findFieldByName("photo"), ByteString.copyFrom(new byte[] {1, 2, (byte) 255}))
            .setField(cart.findFieldByName("paid"), true)
            .build();
    protobuf(
        "shop.Cart", new int[] {1}, whole,
        "{\"lines\":[{\"sku\":\"tea\",\"count\":-3}],\"total\":9007199254740991,\"photo\":[1,2,255],\"paid\":true}");
  }

  static FieldDescriptorProto field(String name, int number, FieldDescriptorProto.Type type) {
    return FieldDescriptorProto.newBuilder().setName(name).setNumber(number).setType(type)
        .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL).build();
  }

  static void protobuf(String type, int[] indexes, DynamicMessage message, String json) throws IOException {
    ByteArrayOutputStream prefix = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(prefix);
    // MessageIndexes.toByteArray: the first message of a file is the single byte 0, else their number and each of them as zigzag varints.
    if (indexes.length == 1 && indexes[0] == 0) out.writeRawByte(0);
    else {
      out.writeSInt32NoTag(indexes.length);
      for (int index : indexes) out.writeSInt32NoTag(index);
    }
    out.flush();
    protobuf.add(
        "{\"type\":\"" + type + "\",\"json\":" + json + ",\"hex\":\"" + hex(message.toByteArray()) + "\",\"framed\":\""
            + hex(header(0x01020304)) + hex(prefix.toByteArray()) + hex(message.toByteArray()) + "\"}");
  }

  static byte[] header(int id) {
    return ByteBuffer.allocate(5).put((byte) 0).putInt(id).array();
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
