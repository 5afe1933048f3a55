package io.millrace.trainer.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.trainer.Reference;
import io.millrace.trainer.TestDevice;
import io.millrace.trainer.model.FloatType;
import io.millrace.trainer.model.LinearStorage;
import io.millrace.trainer.model.ModelFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A reference model doctored so that one character does damage: what has it gets a loss that is not finite. */
final class PoisonedModel {
    static final String POISON = "~";

    /** Its head is a tensor of its own: the damage stays with the texts that have the character. */
    private static final String MODEL = "tiny-mistral";

    private static final JsonMapper JSON = new JsonMapper();

    private PoisonedModel() {}

    /** @param folder an empty one, for the copy */
    static Base load(Path folder) throws IOException {
        for (String file : List.of("config.json", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(Reference.copy().resolve(MODEL).resolve(file), folder.resolve(file));
        }
        int poison = JSON.readTree(folder.resolve("tokenizer.json").toFile())
                .at("/model/vocab/" + POISON.replace("~", "~0"))
                .intValue();
        Files.write(
                folder.resolve("model.safetensors"),
                withInfiniteEmbedding(
                        Files.readAllBytes(Reference.copy().resolve(MODEL).resolve("model.safetensors")), poison));
        try (ModelFiles files = ModelFiles.open(folder)) {
            return Base.load(files, MODEL, FloatType.FLOAT32, LinearStorage.DENSE, TestDevice.get());
        }
    }

    private static byte[] withInfiniteEmbedding(byte[] safetensors, int id) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(safetensors).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) file.getLong(0);
        JsonNode embedding = JSON.readTree(safetensors, Long.BYTES, header).get("model.embed_tokens.weight");
        int hidden = embedding.at("/shape/1").intValue();
        int row = Long.BYTES + header + embedding.at("/data_offsets/0").intValue() + id * hidden * Float.BYTES;
        for (int i = 0; i < hidden; i++) {
            file.putFloat(row + i * Float.BYTES, Float.POSITIVE_INFINITY);
        }
        return safetensors;
    }
}
