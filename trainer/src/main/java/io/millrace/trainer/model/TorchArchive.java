package io.millrace.trainer.model;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript program as the archive that libtorch loads and compiles: its text, and a pickle with the attributes of
 * one instance of the class {@code Program}. The format is that of torch/csrc/jit/serialization (import.cpp,
 * pickler.cpp), written by no tool but this.
 */
final class TorchArchive {
    private TorchArchive() {}

    /**
     * @param sources text of each file by its name without suffix; {@code program} holds the class {@code Program}, and
     *     {@code folder.name} stands for a file in a folder.
     *     They call each other as {@code name.function}, which libtorch wants as {@code __torch__.name.function}
     * @param attributes of the program: integers, floats, lists of integers
     * @return a zip archive, entries stored
     */
    static byte[] write(Map<String, String> sources, Map<String, Object> attributes) {
        Pattern reference = Pattern.compile("(?<![\\w.\"])("
                + sources.keySet().stream().map(Pattern::quote).collect(Collectors.joining("|")) + ")\\.(?=[A-Za-z])");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            store(zip, "data.pkl", pickle(attributes));
            for (Map.Entry<String, String> source : sources.entrySet()) {
                String module = source.getKey().equals("program")
                        ? ""
                        : "/" + source.getKey().replace('.', '/');
                String text = reference.matcher(source.getValue()).replaceAll("__torch__.$1.");
                store(zip, "code/__torch__" + module + ".py", text.getBytes(StandardCharsets.UTF_8));
            }
            store(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            store(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry("m/" + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    /** Pickle, protocol 2: {@code Program()} with its state; the weights start as an empty typed dictionary, what trains as None. */
    private static byte[] pickle(Map<String, Object> attributes) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(new byte[] {(byte) 0x80, 2});
        out.writeBytes("c__torch__\nProgram\n)\u0081}(");
        string(out, "training");
        out.write(0x88);
        string(out, "weights");
        out.writeBytes("ctorch.jit._pickle\nrestore_type_tag\n(}");
        string(out, "Dict[str, Tensor]");
        out.writeBytes("tR");
        string(out, "trained");
        out.write('N');
        for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
            string(out, attribute.getKey());
            value(out, attribute.getValue());
        }
        out.writeBytes("ub.");
        return bytes.toByteArray();
    }

    private static void value(DataOutputStream out, Object value) throws IOException {
        if (value instanceof Integer integer) {
            out.write('J');
            out.writeInt(Integer.reverseBytes(integer));
        } else if (value instanceof Float number) {
            out.write('G');
            out.writeDouble(number);
        } else if (value instanceof List<?> integers) {
            out.writeBytes("ctorch.jit._pickle\nbuild_intlist\n(](");
            for (Object integer : integers) {
                value(out, integer);
            }
            out.writeBytes("etR");
        } else {
            throw new IllegalArgumentException("can't pickle a " + value.getClass());
        }
    }

    private static void string(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        out.writeInt(Integer.reverseBytes(utf8.length));
        out.write(utf8);
    }
}
