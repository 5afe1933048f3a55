package io.millrace.server.model;

/**
 * A model file inside a Python package.
 *
 * @param requirement the package and its version, as pip takes it
 * @param entry the file's path in the wheel
 * @param bytes the file's size
 * @param sha256 of the file, hexadecimal
 */
record PackagedModel(String requirement, String entry, long bytes, String sha256) {
    String fileName() {
        return entry.substring(entry.lastIndexOf('/') + 1);
    }
}
