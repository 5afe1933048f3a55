package io.millrace.server.model;

import java.nio.file.Path;

/**
 * A model in the cache.
 *
 * @param name the known name or hub name that it was fetched by
 * @param path a Hugging Face folder or a GGUF file
 * @param bytes of all its files
 */
public record CachedModel(String name, Path path, long bytes) {}
