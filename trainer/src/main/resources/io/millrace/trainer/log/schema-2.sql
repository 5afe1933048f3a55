-- Schema 2 has several examples in a row of the log, since rows cost more than bytes.

-- The log: up to 64 KiB of consecutive examples of an append, or one that is longer. seq orders all examples and is never given twice: commits name it.
CREATE TABLE segment (
  -- of its last example
  last_seq INTEGER PRIMARY KEY AUTOINCREMENT,
  adapter_id INTEGER NOT NULL,
  stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
  -- of its last example
  last_offset INTEGER NOT NULL,
  count INTEGER NOT NULL,
  -- of its examples, without what stands between them
  bytes INTEGER NOT NULL,
  -- a JSON array with a line for each
  examples TEXT NOT NULL,
  UNIQUE (stream_id, last_offset)
);

-- Covers summing up bytes without touching the examples.
CREATE INDEX segment_of_adapter ON segment (adapter_id, last_seq, bytes);

INSERT INTO segment SELECT seq, adapter_id, stream_id, offset, 1, bytes, '[' || body || ']' FROM example ORDER BY seq;
DELETE FROM sqlite_sequence WHERE name = 'segment';
INSERT INTO sqlite_sequence SELECT 'segment', seq FROM sqlite_sequence WHERE name = 'example';
DROP TABLE example;

-- For people with the sqlite3 shell.
CREATE VIEW example AS
SELECT last_seq - count + 1 + key AS seq, adapter_id, stream_id, last_offset - count + 1 + key AS offset, value AS body
FROM segment, json_each(examples);
