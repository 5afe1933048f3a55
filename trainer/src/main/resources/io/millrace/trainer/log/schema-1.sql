-- Schema 1 of millrace.db. JSON is kept as text, so that everything can be read with the sqlite3 shell.

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE adapter (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  config TEXT NOT NULL,
  seed INTEGER NOT NULL,
  request_id TEXT,
  paused_because TEXT,
  created TEXT NOT NULL,
  -- counts the changes of the columns above
  version INTEGER NOT NULL DEFAULT 1,
  -- bytes of its examples in the log, and of those among them that the last commit had not settled
  stored_bytes INTEGER NOT NULL DEFAULT 0,
  unsettled_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (tenant, name)
);

CREATE TABLE stream (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  adapter_id INTEGER NOT NULL REFERENCES adapter (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  next_offset INTEGER NOT NULL DEFAULT 0,
  -- as of the last commit
  trained_through INTEGER NOT NULL DEFAULT 0,
  trained INTEGER NOT NULL DEFAULT 0,
  held_out INTEGER NOT NULL DEFAULT 0,
  quarantined INTEGER NOT NULL DEFAULT 0,
  dropped INTEGER NOT NULL DEFAULT 0,
  UNIQUE (adapter_id, name)
);

-- The log. seq orders all examples and is never given twice: commits name it.
CREATE TABLE example (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  adapter_id INTEGER NOT NULL,
  stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
  offset INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (stream_id, offset)
);

-- Covers summing up bytes without touching the bodies.
CREATE INDEX example_of_adapter ON example (adapter_id, seq, bytes);

CREATE TABLE batch_journal (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  adapter_id INTEGER NOT NULL REFERENCES adapter (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  decisions TEXT NOT NULL
);

CREATE INDEX batch_journal_of_adapter ON batch_journal (adapter_id, step);

-- What a run resumes from; the newest two of an adapter are kept.
CREATE TABLE training_commit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  adapter_id INTEGER NOT NULL REFERENCES adapter (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  settled_through INTEGER NOT NULL,
  settled_beyond TEXT NOT NULL,
  streams TEXT NOT NULL,
  pipeline TEXT NOT NULL,
  created TEXT NOT NULL
);

CREATE INDEX training_commit_of_adapter ON training_commit (adapter_id, id);

CREATE TABLE commit_file (
  commit_id INTEGER NOT NULL REFERENCES training_commit (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (commit_id, name)
) WITHOUT ROWID;

CREATE INDEX commit_file_by_digest ON commit_file (sha256);

CREATE TABLE revision (
  adapter_id INTEGER NOT NULL REFERENCES adapter (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  parent INTEGER,
  base_model_digest TEXT NOT NULL,
  method TEXT NOT NULL,
  config TEXT NOT NULL,
  trained_through TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  examples INTEGER NOT NULL,
  metrics TEXT NOT NULL,
  gate_decision TEXT NOT NULL,
  created TEXT NOT NULL,
  provenance TEXT NOT NULL,
  rolled_back_to INTEGER,
  PRIMARY KEY (adapter_id, number)
) WITHOUT ROWID;

CREATE TABLE revision_file (
  adapter_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  PRIMARY KEY (adapter_id, number, name),
  FOREIGN KEY (adapter_id, number) REFERENCES revision (adapter_id, number) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX revision_file_by_digest ON revision_file (sha256);
