package io.millrace.server.model;

import java.util.OptionalLong;

/** Is told how fetching a model goes, from the thread that fetches. */
public interface Progress {
    /** Nobody is told. */
    Progress SILENT = new Progress() {
        @Override
        public void at(String file, long bytes, OptionalLong total) {}

        @Override
        public void note(String line) {}
    };

    /**
     * @param bytes of the file that are there
     * @param total bytes of the whole file, if known
     */
    void at(String file, long bytes, OptionalLong total);

    /** Something that a waiting person wants to know, such as why another source is tried. */
    void note(String line);
}
